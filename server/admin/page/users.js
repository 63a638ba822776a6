// Users: find them, and what can be done to one.

import { ask } from "./api.js";
import { button, element, facts, mark, question, say, search, table, time } from "./elements.js";

export const title = "Users";
const ROLES = ["USER", "AGENT", "OFFICE_MANAGER", "MODERATOR", "ADMIN"];
const STATUSES = ["ACTIVE", "SUSPENDED", "DELETED"];
const FIELDS = [["email", "E-mail begins with"], ["name", "Name contains"], ["role", "Role", ROLES], ["status", "Status", STATUSES]];

export function show([id], query, again) {
  return id === undefined ? list(query) : one(id, again);
}

function status(user) {
  return mark(user.status, user.status !== "ACTIVE");
}

function address(values) {
  return `#/users?${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`;
}

async function list(query) {
  const page = await ask("GET", "/api/admin/users", { query });
  const rows = page.items.map((user) => [
    element("a", { href: `#/users/${user.id}` }, user.displayName),
    user.email,
    user.role,
    status(user),
    time(user.originalEntryTimestamp),
  ]);
  return [
    element("h1", {}, title),
    search("Users", FIELDS, query, (values) => (location.hash = address(values))),
    page.items.length > 0
      ? table("Users", ["Name", "E-mail", "Role", "Status", "Since"], rows)
      : element("p", {}, "Nobody fits."),
    page.next && element("p", {}, element("a", { href: address({ ...query, after: page.next }) }, "Next page")),
  ].filter(Boolean);
}

async function one(id, again) {
  const path = `/api/admin/users/${encodeURIComponent(id)}`;
  const [user, sessions] = await Promise.all([ask("GET", path), ask("GET", `${path}/sessions`)]);
  return [
    element("h1", {}, user.displayName),
    facts([
      ["E-mail", user.email],
      ["Role", user.role],
      ["Status", status(user)],
      ["Since", time(user.originalEntryTimestamp)],
      ["Changed", time(user.modificationTimestamp)],
      ["Id", element("code", {}, user.id)],
    ]),
    element("p", { className: "buttons" }, ...actions(user, path, again)),
    element(
      "p",
      {},
      element("a", { href: `#/audit?subject=${user.id}` }, "What was done to them"),
      " · ",
      element("a", { href: `#/audit?actor=${user.id}` }, "What they did"),
    ),
    element("h2", {}, "Sessions"),
    ...signedIn(user, sessions.items, path, again),
  ];
}

function actions(user, path, again) {
  const made = [];
  if (user.status === "ACTIVE") made.push(button("Suspend", () => judge("suspend", "suspended"), true));
  if (user.status === "SUSPENDED") made.push(button("Restore", () => judge("restore", "restored")));
  if (user.status !== "DELETED") {
    const select = element("select", { id: "role" }, ...ROLES.map((role) => new Option(role, role)));
    select.value = user.role;
    made.push(element("label", { htmlFor: "role" }, "Role"), select, button("Change role", () => change(select.value)));
  }
  return made;

  async function judge(action, done) {
    const verb = action === "suspend" ? "Suspend" : "Restore";
    const reason = await question(`${verb} ${user.displayName}`, "The reason goes into the audit log.", verb, "Reason");
    if (reason === null) return;
    await ask("POST", `${path}/${action}`, { body: { reason } });
    await again();
    say(`${user.displayName} is ${done}.`);
  }

  async function change(role) {
    const text = `${user.role} becomes ${role}, from the next request on.`;
    const reason = await question(`Change the role of ${user.displayName}`, text, "Change role", "Reason");
    if (reason === null) return;
    await ask("PUT", `${path}/role`, { body: { role, reason } });
    await again();
    say(`${user.displayName} is ${role}.`);
  }
}

function signedIn(user, sessions, path, again) {
  if (sessions.length === 0) return [element("p", {}, "They are signed in nowhere.")];
  const end = async (where, text) => {
    if ((await question("End sessions", text, "End")) === null) return;
    const { sessionsEnded } = await ask("DELETE", where);
    await again();
    say(`Sessions ended: ${sessionsEnded}.`);
  };
  const rows = sessions.map((session) => [
    session.userAgent,
    session.ipAddress,
    time(session.originalEntryTimestamp),
    time(session.modificationTimestamp),
    button("End", () => end(`${path}/sessions/${session.id}`, `${user.displayName} is signed out there.`), true),
  ]);
  return [
    table("Sessions", ["Client", "Address", "Since", "Used", ""], rows),
    element("p", {}, button("End all", () => end(`${path}/sessions`, `${user.displayName} is signed out everywhere.`), true)),
  ];
}
