// Elements of the page. Data become text nodes and values of properties, never HTML.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function table(caption, columns, rows) {
  const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
  const lines = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell ?? ""))));
  const made = element("table", { ariaLabel: caption }, element("thead", {}, head), element("tbody", {}, ...lines));
  return element("div", { className: "table" }, made);
}

export function facts(pairs) {
  const parts = pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value ?? "–")]);
  return element("dl", {}, ...parts);
}

export function mark(text, isBad = false) {
  return element("span", { className: isBad ? "mark bad" : "mark" }, text);
}

export function time(text) {
  const shown = new Date(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
  return element("time", { dateTime: text, title: text }, shown);
}

// A button for what takes a moment: it cannot be pressed twice, and what goes wrong is said.
export function button(text, act, isGrave = false) {
  const made = element("button", { type: "button", className: isGrave ? "grave" : "" }, text);
  // Not `disabled`, which would take the focus away.
  let isBusy = false;
  made.addEventListener("click", async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await act();
    } catch (error) {
      say(error.message, true);
    } finally {
      isBusy = false;
    }
  });
  return made;
}

// A form of conditions; `fields` are [name, label, choices or nothing], `found` gets their values.
export function search(label, fields, values, found) {
  const form = element("form", { className: "search", role: "search", ariaLabel: label });
  for (const [name, title, choices] of fields) {
    const id = `search-${name}`;
    const input = choices
      ? element("select", { id, name }, ...["", ...choices].map((each) => new Option(each || "any", each)))
      : element("input", { id, name, autocomplete: "off" });
    input.value = values[name] ?? "";
    form.append(element("div", {}, element("label", { htmlFor: id }, title), input));
  }
  form.append(element("button", { type: "submit" }, "Search"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    found(Object.fromEntries(new FormData(form)));
  });
  return form;
}

// What happened, for everybody: in sight, and told to screen readers.
export function say(text, isBad = false) {
  const said = document.getElementById("said");
  said.className = isBad ? "bad" : "";
  said.textContent = text;
}

// Asks before something is done. With a label it wants a sentence, which is the answer; null is a no.
export function question(title, text, yes, label) {
  const dialog = document.getElementById("question");
  const form = document.getElementById("question-form");
  const answer = document.getElementById("question-answer");
  document.getElementById("question-title").textContent = title;
  document.getElementById("question-text").textContent = text;
  document.getElementById("question-yes").textContent = yes;
  document.getElementById("question-label").textContent = label ?? "";
  document.getElementById("question-field").hidden = !label;
  answer.required = Boolean(label);
  answer.value = "";
  return new Promise((resolve) => {
    let given = null;
    form.onsubmit = (event) => {
      event.preventDefault();
      given = answer.value.trim();
      if (label && given === "") return;
      dialog.close();
    };
    document.getElementById("question-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(given);
    dialog.showModal();
  });
}
