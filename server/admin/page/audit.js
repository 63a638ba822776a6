// The audit log, to read.

import { ask } from "./api.js";
import { element, search, table, time } from "./elements.js";

export const title = "Audit log";
const FIELDS = [
  ["actor", "Actor (id)"],
  ["subject", "Subject (id)"],
  ["action", "Action"],
  ["since", "Since (2026-11-23T10:00:00Z)"],
  ["until", "Until"],
];

function address(values) {
  return `#/audit?${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`;
}

export async function show(_, query) {
  const page = await ask("GET", "/api/admin/audit-events", { query });
  const rows = page.items.map((event) => [
    time(event.originalEntryTimestamp),
    event.action,
    event.actor ? person(event.actor, event.actorName) : element("code", {}, event.serviceToken ?? "–"),
    event.subjectKind === "user" && event.subject ? person(event.subject) : element("code", {}, event.subject ?? "–"),
    event.ipAddress,
    event.reason,
    changes(event.before, event.after),
  ]);
  return [
    element("h1", {}, title),
    search("Audit log", FIELDS, query, (values) => (location.hash = address(values))),
    page.items.length > 0
      ? table("Audit log", ["When", "Action", "Actor", "Subject", "Address", "Reason", "Change"], rows)
      : element("p", {}, "No line fits."),
    page.next && element("p", {}, element("a", { href: address({ ...query, after: page.next }) }, "Next page")),
  ].filter(Boolean);
}

function person(id, name) {
  return element("a", { href: `#/users/${id}`, title: id }, name ?? `…${id.slice(-8)}`);
}

function changes(before, after) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const text = (values, name) => (values && name in values ? JSON.stringify(values[name]) : "∅");
  return element("div", {}, ...names.map((name) =>
    element("div", {}, element("code", {}, `${name}: ${text(before, name)} → ${text(after, name)}`))));
}
