// SPDX-License-Identifier: Apache-2.0
// Plotly in the colours of the page, light or dark; drawn when near the window, drawn again when the scheme changes.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const plots = [];
const soon = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const known = plots.find((one) => one.box === entry.target);
    if (entry.isIntersecting && known && !known.shown) { known.shown = true; known.draw(); }
  }
}, { rootMargin: "600px" });

const colour = (index) => data.palette[Math.min(index, data.palette.length - 1)];
const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const webgl = (() => {
  try { return Boolean(document.createElement("canvas").getContext("webgl")); } catch (error) { return false; }
})();

function axisLook(more) {
  return { gridcolor: shade("line"), zerolinecolor: shade("line"), linecolor: shade("quiet"), automargin: true,
    title: { standoff: 8 }, ...more };
}

function layoutLook(more) {
  const narrow = window.innerWidth < 600;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
    font: { color: shade("text"), size: narrow ? 11 : 13, family: "system-ui, sans-serif" },
    margin: { l: 48, r: 12, t: 12, b: 44 }, hovermode: "closest",
    hoverlabel: { bgcolor: shade("card"), font: { color: shade("text") }, bordercolor: shade("quiet"), align: "left" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: shade("quiet"), activecolor: shade("text") },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, dragmode: narrow ? false : "zoom",
    ...more,
  };
}

const LEGEND_BELOW = { orientation: "h", yanchor: "top", x: 0, traceorder: "normal" };
const SETTINGS = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

// A figure whose picture `make()` returns as {traces, layout}; `told(box)` may listen to Plotly's events; narrower than
// `least` pixels it scrolls sideways.
function plot(id, description, height, make, told, least) {
  const size = `height:${height}px` + (least ? `;min-width:${least}px` : "");
  const box = el("div", { class: "plot", id, style: size, role: "group", "aria-label": description });
  const one = { box, shown: false, failed: false };
  let listening = false;
  one.draw = () => {
    const { traces, layout } = make();
    Plotly.react(box, traces, layoutLook(layout), { ...SETTINGS, displayModeBar: window.innerWidth < 600 ? false : "hover" });
    if (told && !listening) { listening = true; told(box); }
  };
  one.redraw = () => { if (one.shown) { one.draw(); } };
  plots.push(one);
  soon.observe(box);
  one.figure = el("figure", null, least ? el("div", { class: "sideways" }, box) : box, el("figcaption", null, description));
  return one;
}

dark.addEventListener("change", () => plots.forEach((one) => one.redraw()));
