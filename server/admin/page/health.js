// Whether the server and what it needs are well, and what runs.

import { ask } from "./api.js";
import { button, element, facts, mark } from "./elements.js";

export const title = "Health";

export async function show(_, __, again) {
  const [ready, version] = await Promise.all([ask("GET", "/api/health/ready"), ask("GET", "/api/version")]);
  return [
    element("h1", {}, title),
    facts([
      ["All together", mark(ready.status, ready.status !== "ready")],
      ...Object.entries(ready.dependencies).map(([name, state]) => [name, mark(state, state !== "up")]),
      ["Version", version.version],
      ["GraphQL contract", element("code", {}, version.contracts.graphql)],
      ["REST contract", element("code", {}, version.contracts.rest)],
    ]),
    element("p", {}, button("Ask again", again)),
  ];
}
