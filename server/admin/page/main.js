// Which section is shown: the one that the address names after #, such as #/users/user_0198…

import * as audit from "./audit.js";
import { Refused, ask } from "./api.js";
import { element, say } from "./elements.js";
import * as health from "./health.js";
import * as jobs from "./jobs.js";
import { refresh, signIn, signOut } from "./session.js";
import * as users from "./users.js";

const SECTIONS = { users, audit, jobs, health };

const form = document.getElementById("sign-in");
const room = document.getElementById("room");
const nav = document.getElementById("sections");
const main = document.getElementById("main");
let isIn = false;
// Of several answers that are waited for, the last one asked for is shown.
let turn = 0;

for (const [name, section] of Object.entries(SECTIONS)) {
  nav.append(element("a", { href: `#/${name}` }, section.title));
}

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  const known = Object.hasOwn(SECTIONS, name) ? name : "users";
  return { name: known, rest: rest.map(decodeURIComponent), query: Object.fromEntries(new URLSearchParams(query)) };
}

function showSignIn(why = "") {
  isIn = false;
  turn += 1;
  room.replaceChildren();
  for (const id of ["sections", "who"]) document.getElementById(id).hidden = true;
  form.hidden = false;
  form.reset();
  document.getElementById("sign-in-error").textContent = why;
  document.getElementById("email").focus();
}

async function show({ isFocused = true } = {}) {
  if (!isIn) return;
  const mine = (turn += 1);
  const { name, rest, query } = place();
  for (const link of nav.children) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `Dwelzo · Admin · ${SECTIONS[name].title}`;
  try {
    const shown = await SECTIONS[name].show(rest, query, () => show({ isFocused: false }));
    if (mine !== turn) return;
    room.replaceChildren(...shown);
    if (isFocused) scrollTo(0, 0);
    // What had the focus may be gone.
    if (isFocused || document.activeElement === document.body) main.focus({ preventScroll: true });
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refused && error.code === "UNAUTHENTICATED") showSignIn(error.message);
    else room.replaceChildren(element("p", { role: "alert" }, error.message));
  }
}

async function enter() {
  try {
    // Whoever is no admin finds out here.
    await ask("GET", "/api/admin/users", { query: { first: 1 } });
  } catch (error) {
    const isOut = error instanceof Refused && error.code === "FORBIDDEN";
    if (isOut) await signOut();
    showSignIn(error.message);
    return;
  }
  isIn = true;
  form.hidden = true;
  for (const id of ["sections", "who"]) document.getElementById(id).hidden = false;
  await show();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = form.elements;
  try {
    const refusal = await signIn(email.value, password.value);
    if (refusal === null) await enter();
    else showSignIn(refusal);
  } catch (error) {
    showSignIn(error.message);
  }
});

document.getElementById("sign-out").addEventListener("click", async () => {
  try {
    await signOut();
    showSignIn();
    say("You are signed out.");
  } catch (error) {
    say(error.message, true);
  }
});

addEventListener("hashchange", () => {
  say("");
  show();
});

try {
  if (await refresh()) await enter();
  else showSignIn();
} catch (error) {
  showSignIn(error.message);
}
