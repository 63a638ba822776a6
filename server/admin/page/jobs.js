// Jobs that are not done: have one tried again, or throw it away.

import { ask } from "./api.js";
import { button, element, mark, question, say, search, table, time } from "./elements.js";

export const title = "Jobs";
const FIELDS = [["state", "State", ["queued", "running", "failed"]], ["kind", "Kind"]];

function address(values) {
  return `#/jobs?${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`;
}

export async function show(_, query, again) {
  const page = await ask("GET", "/api/admin/jobs", { query });
  const rows = page.items.map((job) => [
    String(job.id),
    job.kind,
    mark(job.state, job.state === "failed"),
    time(job.created),
    time(job.due),
    String(job.attempts),
    job.lastError,
    job.state === "running" ? null : element("div", { className: "buttons" }, ...actions(job, again)),
  ]);
  return [
    element("h1", {}, title),
    search("Jobs", FIELDS, query, (values) => (location.hash = address(values))),
    page.items.length > 0
      ? table("Jobs", ["Number", "Kind", "State", "Since", "Due", "Tries", "Last error", ""], rows)
      : element("p", {}, "Nothing waits."),
    page.next && element("p", {}, element("a", { href: address({ ...query, after: page.next }) }, "Next page")),
  ].filter(Boolean);
}

function actions(job, again) {
  const path = `/api/admin/jobs/${job.id}`;
  const retry = async () => {
    await ask("POST", `${path}/retry`, { body: {} });
    await again();
    say(`Job ${job.id} is tried again.`);
  };
  const discard = async () => {
    if ((await question(`Discard job ${job.id}`, "It is never done.", "Discard")) === null) return;
    await ask("DELETE", path);
    await again();
    say(`Job ${job.id} is gone.`);
  };
  return [button("Retry", retry), button("Discard", discard, true)];
}
