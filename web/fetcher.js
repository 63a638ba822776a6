// Carries an operation to the endpoint that served this page.

/**
 * An observable of one response, as GraphiQL's `fetcher` may return it: unsubscribing (the stop button)
 * aborts the request, and the server ends the work when its client leaves.
 */
export function fetcher(operation, { headers } = {}) {
  return {
    subscribe({ next, error, complete }) {
      const aborted = new AbortController();
      send(operation, headers, aborted.signal).then(
        response => {
          next(response);
          complete();
        },
        reason => {
          if (!aborted.signal.aborted) error(reason);
        },
      );
      return { unsubscribe: () => aborted.abort() };
    },
  };
}

async function send(operation, headers, signal) {
  const response = await fetch(location.pathname, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(operation),
    signal,
  });
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${body.slice(0, 1000)}`);
  }
}
