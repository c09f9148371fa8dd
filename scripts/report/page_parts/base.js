// SPDX-License-Identifier: Apache-2.0
// Data, numbers in words, elements.
const data = JSON.parse(document.getElementById("data").textContent);

function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) { made.addEventListener(name.slice(2), value); }
    else if (value === true) { made.setAttribute(name, ""); }
    else if (value !== false && value !== null && value !== undefined) { made.setAttribute(name, value); }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

// A column as the page works with it: plain values in their unit.
function decode(column) {
  const plain = { name: column.name, unit: column.unit, names: column.names || null };
  plain.codes = column.codes || null;
  plain.values = column.codes ? column.codes.map((code) => column.names[code]) : column.values;
  if (column.factor) { plain.values = plain.values.map((value) => value * column.factor); }
  plain.text = plain.values.some((value) => typeof value === "string") && !column.factor
    && plain.values.some((value) => typeof value === "string" && !/^-?\d+$/.test(value));
  return plain;
}

const PREFIXES = [[1e-15, "f"], [1e-12, "p"], [1e-9, "n"], [1e-6, "µ"], [1e-3, "m"], [1, ""], [1e3, "k"], [1e6, "M"],
  [1e9, "G"], [1e12, "T"]];
const BYTES = [[1, "B"], [1024, "KiB"], [1024 ** 2, "MiB"], [1024 ** 3, "GiB"], [1024 ** 4, "TiB"]];
const BASE_UNITS = { fs: ["s", 1e-15], fJ: ["J", 1e-15], uW: ["W", 1e-6], mK: ["K", 1e-3] };

// [factor, unit]: how values up to `largest` of this unit are best written. Seconds and joules are not written in kilo.
function scaleFor(largest, unit) {
  if (BASE_UNITS[unit]) {
    const [base, factor] = BASE_UNITS[unit];
    const [more, words] = scaleFor(largest * factor, base);
    return [factor * more, words];
  }
  const size = Math.abs(largest);
  if (unit === "B") {
    const [by, words] = [...BYTES].reverse().find(([step]) => size >= step) || BYTES[0];
    return [1 / by, words];
  }
  if (!["s", "J", "W", "MAC", "B/s", "Hz", "V", "A"].includes(unit) || !size) { return [1, unit]; }
  const known = unit === "s" || unit === "J" ? PREFIXES.filter(([step]) => step <= 1) : PREFIXES;
  const [by, prefix] = [...known].reverse().find(([step]) => size >= step * 0.9999999) || known[0];
  return [1 / by, prefix + unit];
}

function digits(value, count = 4) {
  if (value === 0) { return "0"; }
  if (Math.abs(value) >= 10 ** count && Math.abs(value) < 1e15) { return Math.round(value).toLocaleString("en-US"); }
  return String(Number(value.toPrecision(count)));
}

// "14.03 ms"; a dash where there is no number.
function words(value, unit, count = 4) {
  if (value === null || value === undefined) { return "–"; }
  if (typeof value === "string" && !/^-?\d+$/.test(value)) { return value; }
  const amount = Number(value);
  const [factor, name] = scaleFor(amount, unit || "");
  return digits(amount * factor, count) + (name && name !== "1" ? " " + name : "");
}

const readable = (name) => (name.includes(".") ? name : name.replaceAll("_", " "));
const stem = (path) => (path || "").split("/").pop().replace(/\.ya?ml$/, "");

// A section with a heading and an entry in the navigation.
function section(id, heading, ...children) {
  const made = el("section", { id, "aria-labelledby": id + "-heading" }, el("h2", { id: id + "-heading" }, heading), children);
  document.getElementById("content").append(made);
  document.getElementById("sections").append(el("li", null, el("a", { href: "#" + id }, heading)));
  return made;
}

function select(label, options, chosen, changed) {
  const box = el("select", { onchange: () => changed(box.value) },
    options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
  return el("label", null, label, box);
}

function cards(entries) {
  return el("dl", { class: "cards" }, entries.map(([name, text, note]) =>
    el("div", null, el("dt", null, name), el("dd", null, text, note ? el("small", null, note) : null))));
}

function maximum(values) {
  let most = 0;
  for (const value of values) { if (value > most) { most = value; } }
  return most;
}
