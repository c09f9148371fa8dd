// SPDX-License-Identifier: Apache-2.0
// Two runs: what differs, largest relative change first.
function change(now, then) {
  if (now === null || then === null || now === undefined || then === undefined) { return null; }
  if (Number(now) === Number(then)) { return String(now) === String(then) ? 0 : 1e-16; }
  return Number(then) === 0 ? Infinity : Number(now) / Number(then) - 1;
}

function changeWords(value) {
  if (value === null) { return "only one has it"; }
  if (value === Infinity) { return "was 0"; }
  return value === 0 ? "equal" : (value > 0 ? "+" : "") + (Math.abs(value) < 1e-5 ? value.toExponential(1) : digits(value * 100, 3)) + (Math.abs(value) < 1e-5 ? "" : " %");
}

// From the middle to the right: more than before, a full half is 50 %.
function changeBar(value) {
  const part = value === null ? 0 : Math.max(-50, Math.min(50, value * 100));
  const style = part >= 0 ? `left:50%;width:${part}%` : `right:50%;width:${-part}%`;
  return el("span", { class: "change", "aria-hidden": "true" }, el("i", { style }));
}

function differenceTable(id, caption, rows, search) {
  const pick = (name) => rows.map((row) => row[name]);
  const size = rows.map((row) => (row.change === null ? 1e300 : Math.min(Math.abs(row.change), 1e299)));
  const amount = (name) => ({ name, label: name === "now" ? "this run" : "other run", values: pick(name),
    render: (i) => words(rows[i][name], rows[i].unit, 6) });
  return makeTable({ id, caption, search, sort: "change", descending: true, page: 20, columns: [
    { name: "name", text: true, values: pick("name") },
    { name: "change", values: size, render: (i) => el("span", null, changeWords(rows[i].change), " ", changeBar(rows[i].change)) },
    amount("now"), amount("then")] }).node;
}

function pairs(names, now, then) {
  return names.map((name) => {
    const [a, b] = [now.get(name), then.get(name)];
    const row = { name, unit: (a || b).unit, now: a ? a.value : null, then: b ? b.value : null };
    row.change = change(row.now, row.then);
    return row;
  });
}

const byPath = (counters) => new Map(counters.path.map((path, i) => [path, { unit: counters.unit[i], value: counters.value[i] }]));

function configDifferences(now, then) {
  const plain = (yaml) => {
    const stack = [], found = new Map();
    for (const line of yaml.replace(/ +# default$/gm, "").split("\n")) {
      const body = line.trim();
      if (!body) { continue; }
      const depth = line.length - line.trimStart().length;
      while (stack.length && stack[stack.length - 1].depth >= depth) { stack.pop(); }
      const where = stack.map((one) => one.name).join(".");
      stack.push({ depth, name: body.replace(/^- /, "").split(":")[0] });
      const key = where + "." + stack[stack.length - 1].name;
      found.set(key, [...(found.get(key) || []), body.includes(":") ? body.slice(body.indexOf(":") + 1).trim() : body]);
    }
    return new Map([...found].map(([key, values]) => [key.replace(/^\./, ""), values.join(", ")]));
  };
  const [a, b] = [plain(now), plain(then)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => (a.get(key) || "") !== (b.get(key) || ""))
    .map((key) => ({ key, now: a.get(key) || "–", then: b.get(key) || "–" }));
}

function showComparison(run, other) {
  const metrics = pairs([...new Set([...Object.keys(run.summary), ...Object.keys(other.summary)])],
    new Map(Object.entries(run.summary)), new Map(Object.entries(other.summary)));
  const [a, b] = [byPath(run.counters), byPath(other.counters)];
  const all = pairs([...new Set([...a.keys(), ...b.keys()])], a, b);
  const differing = all.filter((row) => row.change !== 0);
  const words_ = `${differing.length} of ${all.length} counters differ from those of ${other.name} ` +
    `(${[other.attributes.soc, other.attributes.workload, other.attributes.policy].filter(Boolean).map(stem).join(", ")}).`;
  const made = section("comparison", "Comparison", el("p", null, words_), el("h3", null, "Metrics"),
    differenceTable("metric-differences", "Metrics of both runs", metrics));
  if (differing.length) {
    made.append(el("h3", null, "Counters that differ"),
      differenceTable("counter-differences", "Counters that differ", differing, "Text in a counter"));
  }
  const lines = configDifferences(data.configs[0].yaml, other.config);
  made.append(el("h3", null, "Configuration"), lines.length ? makeTable({ id: "config-differences", caption: "Configuration values that differ",
    search: "Text in any column", page: 15, columns: [{ name: "parameter", text: true, values: lines.map((row) => row.key) },
      { name: "now", label: "this run", text: true, wide: true, values: lines.map((row) => row.now) },
      { name: "then", label: "other run", text: true, wide: true, values: lines.map((row) => row.then) }] }).node
    : el("p", null, "The configurations are equal."));
}
