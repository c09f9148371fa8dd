// SPDX-License-Identifier: Apache-2.0
// A table of columns that sorts, filters and shows one page at a time: 50,000 rows are never in the document at once.
// options: id, caption, columns (of decode(), with optional label, render(row) and cell), search (label of the text
// filter), choices (names of columns to choose values of), status(rows) -> text, page, sort, descending.
function makeTable(options) {
  const columns = options.columns;
  const count = columns.length ? columns[0].values.length : 0;
  const state = { sort: options.sort || null, descending: Boolean(options.descending), text: "", chosen: {}, page: 0 };
  const size = options.page || 25;
  let order = [];
  const body = el("tbody");
  const status = el("p", { class: "status", role: "status" });
  const heads = columns.map((column) => headOf(column));
  const table = el("table", null, el("caption", { class: "status", hidden: true }, options.caption),
    el("thead", null, el("tr", null, heads)), body);
  const place = el("span", { class: "quiet" });
  const turn = (text, label, step) => el("button", { type: "button", "aria-label": label,
    onclick: () => { state.page = Math.max(0, Math.min(pages() - 1, step())); draw(); } }, text);
  const back = [turn("«", "First page", () => 0), turn("‹", "Previous page", () => state.page - 1)];
  const forth = [turn("›", "Next page", () => state.page + 1), turn("»", "Last page", () => pages() - 1)];

  function headOf(column) {
    const button = el("button", { type: "button", "data-sort": column.name,
      onclick: () => {
        state.descending = state.sort === column.name ? !state.descending : !column.text;
        state.sort = column.name;
        find();
      } }, column.label || readable(column.name));
    return el("th", { scope: "col", class: column.text ? null : "number" }, button);
  }

  const pages = () => Math.max(1, Math.ceil(order.length / size));

  function matches() {
    const searched = columns.filter((column) => column.text).map((column) => column.values);
    const wanted = state.text.toLowerCase();
    const chosen = Object.entries(state.chosen).filter(([, value]) => value !== "")
      .map(([name, value]) => [columns.find((column) => column.name === name).values, value]);
    const rows = [];
    for (let row = 0; row < count; row++) {
      if (chosen.every(([values, value]) => String(values[row]) === value)
        && (!wanted || searched.some((values) => values[row].toLowerCase().includes(wanted)))) { rows.push(row); }
    }
    return rows;
  }

  function find() {
    order = matches();
    const by = columns.find((column) => column.name === state.sort);
    if (by) {
      const sign = state.descending ? -1 : 1;
      // What is missing stays last in both directions.
      const keys = by.text ? by.values : by.values.map((value) => (value === null ? NaN : Number(value)));
      order.sort((a, b) => {
        const [x, y] = [keys[a], keys[b]];
        if (by.text) { return (x < y ? -1 : x > y ? 1 : 0) * sign || a - b; }
        if (Number.isNaN(x) || Number.isNaN(y)) { return Number.isNaN(x) - Number.isNaN(y) || a - b; }
        return (x - y) * sign || a - b;
      });
    }
    state.page = 0;
    draw();
  }

  function cellOf(column, row) {
    const content = column.render ? column.render(row) : words(column.values[row], column.unit, column.digits);
    return el("td", { class: column.wide ? "wide" : column.text ? null : "number" }, content);
  }

  function draw() {
    const rows = order.slice(state.page * size, (state.page + 1) * size);
    body.replaceChildren(...rows.map((row) => el("tr", { "data-row": row }, columns.map((column) => cellOf(column, row)))));
    heads.forEach((head, i) => {
      const sorted = columns[i].name === state.sort;
      head.setAttribute("aria-sort", sorted ? (state.descending ? "descending" : "ascending") : "none");
      const mark = sorted ? (state.descending ? " ▼" : " ▲") : "";
      head.firstChild.textContent = (columns[i].label || readable(columns[i].name)) + mark;
    });
    back.forEach((button) => { button.disabled = state.page === 0; });
    forth.forEach((button) => { button.disabled = state.page >= pages() - 1; });
    place.textContent = ` page ${state.page + 1} of ${pages().toLocaleString("en-US")} `;
    paging.hidden = pages() === 1 && count <= size;
    const shown = `${order.length.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} rows`;
    status.textContent = shown + (options.status ? " · " + options.status(order) : "");
  }

  const filters = [];
  if (options.search) {
    let waiting = 0;
    const input = el("input", { type: "search", "data-filter": "text", oninput: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.text = input.value.trim(); find(); }, 120);
    } });
    filters.push(el("label", null, options.search, input));
  }
  for (const name of options.choices || []) {
    const column = columns.find((one) => one.name === name);
    const names = [...new Set(column.values)].sort();
    if (names.length > 1 && names.length <= 60) {
      const box = select(readable(name), [["", "all"], ...names.map((value) => [String(value), String(value)])], "",
        (value) => { state.chosen[name] = value; find(); });
      box.querySelector("select").dataset.filter = name;
      filters.push(box);
    }
  }
  const paging = el("div", { class: "controls" }, el("div", { class: "group" }, back, el("span", null, place), forth));
  const region = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": options.caption }, table);
  find();
  return { node: el("div", { id: options.id }, el("div", { class: "controls" }, filters), status, region, paging), find };
}
