// SPDX-License-Identifier: Apache-2.0
// Configurations as text: values that nobody wrote are marked and can be hidden.
const DEFAULT = /\s+# default$/;

function configView(config, number) {
  const lines = config.yaml.replace(/\n$/, "").split("\n").map((line) => ({ line: line.replace(DEFAULT, ""), given: !DEFAULT.test(line) }));
  const defaults = lines.filter((one) => !one.given).length;
  const nodes = lines.map((one) => el("div", { class: one.given ? null : "default" }, one.line || " ",
    one.given ? null : el("b", null, "default")));
  const state = { hide: false, text: "" };
  const status = el("p", { class: "status", role: "status" });
  const show = () => {
    let seen = 0;
    nodes.forEach((node, i) => {
      node.hidden = (state.hide && !lines[i].given) || !lines[i].line.toLowerCase().includes(state.text);
      seen += node.hidden ? 0 : 1;
    });
    status.textContent = `${seen} of ${nodes.length} lines` + (defaults ? ` · ${defaults} values are defaults` : "");
  };
  const input = el("input", { type: "search", oninput: () => { state.text = input.value.trim().toLowerCase(); show(); } });
  const box = el("input", { type: "checkbox", onchange: () => { state.hide = box.checked; show(); } });
  show();
  return el("div", { class: "config", id: `config-${number}` }, el("h3", null, config.title),
    el("div", { class: "controls" }, el("label", null, "Lines with", input),
      defaults ? el("label", { class: "beside" }, box, " hide defaults") : null), status,
    el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": config.title }, el("div", { class: "yaml" }, nodes)));
}

function showConfig() {
  section("config", "Configuration", data.configs.map((config, i) => configView(config, i)));
}
