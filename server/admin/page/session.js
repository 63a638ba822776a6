// Signing in and staying in. The access token is in this variable and nowhere else; the refresh token is a cookie
// that no script can read. Of several tabs one refreshes at a time: a refresh token that comes twice ends the session.

// As tests/operations has them, to the letter: a server that answers trusted documents alone knows these.
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    accessToken
    expiresIn
    refreshToken
    userErrors {
      field
      code
      message
    }
  }
}`;
const REFRESH = `mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    accessToken
    expiresIn
    refreshToken
    userErrors {
      field
      code
      message
    }
  }
}`;
const SIGN_OUT = `mutation SignOut($input: SignOutInput!) {
  signOut(input: $input) {
    sessionsEnded
    userErrors {
      field
      code
      message
    }
  }
}`;
// In milliseconds: a token is renewed so long before it expires.
const EARLY = 60_000;

let token = null;
let expires = 0;
let refreshing = null;

async function ask(query, input, headers = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json", ...headers },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(answer.errors[0].message);
  return Object.values(answer.data)[0];
}

function keep(payload) {
  if (payload.userErrors.length > 0) {
    token = null;
    return payload.userErrors[0].message;
  }
  token = payload.accessToken;
  expires = Date.now() + payload.expiresIn * 1000;
  return null;
}

// Why it did not go, or null.
export async function signIn(email, password) {
  return keep(await ask(SIGN_IN, { email, password, cookie: true }));
}

// Whether somebody is signed in, after trying the cookie.
export async function refresh() {
  const once = async () => keep(await ask(REFRESH, {})) === null;
  refreshing ??= (navigator.locks ? navigator.locks.request("dwelzo-refresh", once) : once()).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

export async function signOut() {
  const headers = { Authorization: `Bearer ${await bearer()}` };
  token = null;
  await ask(SIGN_OUT, {}, headers);
}

// The token for a request; null where nobody is signed in any more.
export async function bearer() {
  if (token !== null && Date.now() > expires - EARLY) await refresh();
  return token;
}
