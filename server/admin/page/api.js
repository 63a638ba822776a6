// Asks REST. An error is a problem of RFC 9457, whose `detail` is a sentence for the reader.

import { bearer, refresh } from "./session.js";

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.code = problem.code;
  }
}

export async function ask(method, path, { query = {}, body } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const address = given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
  let response = await send(method, address, body);
  // The session may have been renewed elsewhere; one more time, and then it is over.
  if (response.status === 401 && (await refresh())) response = await send(method, address, body);
  if (response.status === 204) return null;
  const answer = await response.json();
  // Readiness is an answer with any status.
  if (!response.ok && answer.code) throw new Refused(answer, response.status);
  return answer;
}

async function send(method, address, body) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${await bearer()}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}
