const AXES = [
  { key: "gates", name: "gates", label: "two-input XOR gates per output" },
  { key: "registers", name: "registers", label: "register bits of the decoder" },
  { key: "depth", name: "depth", label: "XOR gates on the longest path", linear: true },
  { key: "operations", name: "decode", name2: "decoding work", label: "machine operations for 64 weights, estimated" },
  { key: "decode_speed", name: "decode speed", label: "weights decoded per second, one core", most: true },
  { key: "encode_speed", name: "encode speed", label: "care bits encoded per second, one core", most: true },
];
const SHAPES = [
  "M0-5.2A5.2 5.2 0 1 1 0 5.2A5.2 5.2 0 1 1 0-5.2Z", "M-4.8-4.8H4.8V4.8H-4.8Z", "M0-6.2L6 4.6H-6Z", "M0-6.6L6.2 0L0 6.6L-6.2 0Z",
  "M0 6.2L6-4.6H-6Z", "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
];
const FRAME = { left: 78, right: 744, top: 14, bottom: 424 };
const count = (topology) => data.points.filter((p) => p.topology === topology).length;
const topologies = [...new Set(data.points.map((p) => p.topology))].sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
const onFront = new Map(data.front.map((p) => [p.workload + " " + p.point, p.views]));
let axis = AXES.find((one) => "#" + one.key === location.hash) || AXES[0];
let workload = data.front.length ? data.front[0].workload : data.points[0].workload;
let chosen = null;

const colour = (p) => `var(--c${topologies.indexOf(p.topology) % 8})`;
const shape = (p) => SHAPES[topologies.indexOf(p.topology) % SHAPES.length];
const views = (p) => onFront.get(p.workload + " " + p.point);
const users = (p) => data.advice.filter((a) => a.workload === p.workload && a.point === p.point).map((a) => a.user);
const solid = (p) => Boolean(views(p)) || users(p).length > 0;
const search = (p) => (p.patching === "burst" ? p.solver : p.patching);
const percent = (e) => (100 * e).toFixed(e > 0.98 ? 2 : 1) + " %";
const height = (e) => -Math.log10(Math.max(1e-5, 1 - e));

const command = (p) => `xoropt compress IN.safetensors OUT.safetensors ${p.command}`;
function recipe(parent, text) {
  const code = make(parent, "code");
  for (const part of text.split(/(?<=[,:])/)) {
    code.append(part);
    make(code, "wbr");
  }
}
function buttons(parent, p) {
  const row = make(parent, "div", { class: "buttons" });
  make(row, "button", { type: "button", class: "main" }, "Copy command").onclick = () => copy(command(p), "Command");
  make(row, "button", { type: "button" }, "Copy recipe").onclick = () => copy(p.network, "Recipe");
  return row;
}

function showAdvice() {
  $("advice").replaceChildren();
  for (const one of data.advice.filter((a) => a.workload === workload)) {
    const card = make($("advice"), "article", { class: "card" });
    make(card, "h2", {}, one.user);
    const p = data.points.find((q) => q.workload === workload && q.point === one.point);
    if (!p) { make(card, "p", {}, one.sentence); continue; }
    const big = make(card, "div", { class: "big" }, "E = " + percent(p.efficiency) + " ");
    const second = one.user.startsWith("software") ? short(p.decode_speed) + " weights/s" : trim(p.gates) + " gates per output";
    make(big, "small", {}, second);
    make(card, "p", {}, one.sentence.slice(one.sentence.indexOf(": it ") + 2).replace(/^ ?i/, "I"));
    recipe(card, p.network + (p.order === "rows" ? "" : "  " + p.order));
    make(buttons(card, p), "button", { type: "button" }, "Show").onclick = () => { choose(p); $("chart").scrollIntoView({ block: "center" }); };
  }
}

function scale(points) {
  const values = points.map((p) => p[axis.key]);
  let low = Math.min(...values), high = Math.max(...values);
  if (axis.linear) {
    low = Math.floor(low) - 0.5; high = Math.ceil(high) + 0.5;
    const ticks = [];
    for (let t = Math.ceil(low); t <= high; t++) ticks.push(t);
    return { at: (x) => FRAME.left + (FRAME.right - FRAME.left) * (x - low) / (high - low), ticks };
  }
  low = Math.log10(Math.max(low, 1e-9)) - 0.06; high = Math.log10(Math.max(high, 1e-9)) + 0.06;
  const width = high - low, ticks = [];
  const steps = width > 3.6 ? [1] : width > 2.4 ? [1, 3] : width > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  for (let d = Math.floor(low) - 1; d <= high; d++)
    for (const m of steps) {
      const t = Math.log10(m) + d;
      if (t >= low && t <= high) ticks.push(m * 10 ** d);
    }
  return { at: (x) => FRAME.left + (FRAME.right - FRAME.left) * (Math.log10(Math.max(x, 1e-9)) - low) / (high - low), ticks };
}

function draw() {
  const chart = $("chart"), points = data.points.filter((p) => p.workload === workload);
  chart.replaceChildren();
  const x = scale(points);
  const tops = points.map((p) => height(p.efficiency));
  const low = Math.min(...tops) - 0.06, high = Math.max(...tops) + 0.12;
  const y = (e) => FRAME.bottom - (FRAME.bottom - FRAME.top) * (height(e) - low) / (high - low);
  let last = Infinity;
  for (const e of [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999]) {
    if (height(e) < low || height(e) > high || last - y(e) < 15) continue;
    last = y(e);
    make(chart, "line", { class: "grid", x1: FRAME.left, x2: FRAME.right, y1: y(e), y2: y(e) });
    make(chart, "text", { x: FRAME.left - 8, y: y(e) + 4, "text-anchor": "end" }, +(100 * e).toFixed(2) + " %");
  }
  for (const t of x.ticks) {
    make(chart, "line", { class: "grid", x1: x.at(t), x2: x.at(t), y1: FRAME.top, y2: FRAME.bottom });
    make(chart, "text", { x: x.at(t), y: FRAME.bottom + 19, "text-anchor": "middle" }, short(t));
  }
  make(chart, "line", { class: "axis", x1: FRAME.left, x2: FRAME.right, y1: FRAME.bottom, y2: FRAME.bottom });
  make(chart, "text", { class: "title", x: (FRAME.left + FRAME.right) / 2, y: 462, "text-anchor": "middle" }, axis.label);
  make(chart, "text", { class: "title", transform: `translate(13 ${(FRAME.top + FRAME.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
    "E = care bits / stored bits");
  const better = [...points].sort((a, b) => (axis.most ? b[axis.key] - a[axis.key] : a[axis.key] - b[axis.key]) || b.efficiency - a.efficiency);
  let best = 0, path = "";
  for (const p of better)
    if (p.efficiency >= best + 0.001 && views(p)) {
      path += path ? `H${x.at(p[axis.key])}V${y(p.efficiency)}` : `M${x.at(p[axis.key])} ${y(p.efficiency)}`;
      best = p.efficiency;
    }
  make(chart, "path", { class: "step", d: path || "M0 0" });
  const shown = [...points].sort((a, b) => solid(a) - solid(b) || a[axis.key] - b[axis.key] || a.efficiency - b.efficiency);
  for (const p of shown) {
    const front = solid(p);
    const label = `${p.network}, ${p.order}: E ${percent(p.efficiency)}, ${axis.label} ${short(p[axis.key])}`;
    const group = make(chart, "g", {
      class: "point" + (front ? "" : " faint") + (p === chosen ? " chosen" : ""), tabindex: front ? 0 : -1, role: "button",
      "aria-label": label, transform: `translate(${x.at(p[axis.key]).toFixed(1)} ${y(p.efficiency).toFixed(1)})`,
    });
    make(group, "circle", { class: "halo", r: 9.5 });
    make(group, "path", { d: shape(p), fill: colour(p), stroke: colour(p) });
    make(group, "title", {}, label);
    group.dataset.point = p.point;
    group.onmouseenter = group.onfocus = group.onclick = () => choose(p);
    group.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const all = [...chart.querySelectorAll(".point")];
        all[(all.indexOf(group) + step + all.length) % all.length].focus();
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        copy(command(p), "Command");
      }
    };
  }
}

function showLegend() {
  $("legend").replaceChildren();
  for (const topology of topologies) {
    const item = make($("legend"), "span");
    const icon = make(item, "svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" });
    const p = { topology };
    make(icon, "path", { d: shape(p), fill: colour(p) });
    item.append(topology);
  }
  const item = make($("legend"), "span");
  make(make(item, "svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }), "path", { class: "step", d: "M-8 0H8" });
  item.append("front of this view");
  make($("legend"), "span", {}, "pale: on no front; hover over or focus a point, Enter copies its command");
}

const FIGURES = [
  ["E", (p) => percent(p.efficiency)], ["bits/weight, with mask", (p) => p.bits_per_weight.toFixed(4)],
  ["patches", (p) => `${p.patches} in ${short(p.care_bits)} care bits`],
  ["gates per output", (p) => trim(p.gates)],
  ["… after synthesis", (p) => (p.synthesized_gates === null ? null : `${trim(p.synthesized_gates)}, depth ${p.synthesized_depth}`)],
  ["depth", (p) => p.depth], ["largest fan-out", (p) => p.fan_out], ["register bits", (p) => p.registers],
  ["window, seed bits", (p) => p.window], ["outputs per step", (p) => p.n_out],
  ["decoded, weights/s", (p) => short(p.decode_speed)], ["encoded, care bits/s", (p) => short(p.encode_speed)],
];
function choose(p) {
  chosen = p;
  const detail = $("detail");
  detail.replaceChildren();
  const fronts = views(p);
  make(detail, "h3", {}, `${p.topology}, ${search(p)}`);
  recipe(detail, p.network);
  const list = make(detail, "dl");
  make(list, "dt", {}, "order");
  make(list, "dd", {}, p.order);
  for (const [name, value] of FIGURES) {
    const text = value(p);
    if (text === null) continue;
    make(list, "dt", {}, name);
    make(list, "dd", {}, text);
  }
  make(list, "dt", {}, "on the front of");
  make(list, "dd", {}, fronts ? fronts.join(", ") : "none");
  if (users(p).length) {
    make(list, "dt", {}, "recommended for");
    make(list, "dd", {}, users(p).join(", "));
  }
  buttons(detail, p);
  for (const group of $("chart").querySelectorAll(".point")) group.classList.toggle("chosen", group.dataset.point === p.point);
  for (const row of $("front").querySelectorAll("tbody tr")) row.classList.toggle("chosen", row.dataset.point === p.point);
}

const COLUMNS = [
  ["E", (p) => percent(p.efficiency)], ["gates", (p) => trim(p.gates), "gates"],
  ["synthesized", (p) => (p.synthesized_gates === null ? "–" : trim(p.synthesized_gates))],
  ["depth", (p) => p.depth, "depth"], ["registers", (p) => p.registers, "registers"], ["fan-out", (p) => p.fan_out],
  ["operations", (p) => trim(p.operations), "decode"], ["decode /s", (p) => short(p.decode_speed)],
  ["encode /s", (p) => short(p.encode_speed)], ["bits/weight", (p) => p.bits_per_weight.toFixed(4)],
];
function showTable() {
  $("front").replaceChildren();
  const head = make(make($("front"), "thead"), "tr");
  make(head, "th", { scope: "col" }, "network, order, search");
  const columns = COLUMNS.filter(([name]) => name !== "synthesized" || data.front.some((p) => p.synthesized_gates !== null));
  for (const [name] of columns) make(head, "th", { scope: "col" }, name);
  const body = make($("front"), "tbody");
  for (const f of data.front.filter((q) => q.workload === workload)) {
    const p = data.points.find((q) => q.workload === workload && q.point === f.point);
    const row = make(body, "tr");
    row.dataset.point = p.point;
    row.onclick = () => choose(p);
    const cell = make(make(row, "td"), "div", { class: "name" });
    make(cell, "span", { class: "badge", style: `background:${colour(p)}`, "aria-hidden": "true" });
    recipe(cell, `${p.network} ${p.order === "rows" ? "" : p.order} ${search(p)}`.replace(/  +/g, " "));
    for (const [, value, view] of columns) make(row, "td", view && f.views.includes(view) ? { class: "best" } : {}, value(p));
  }
}

function show() {
  const points = data.points.filter((p) => p.workload === workload);
  showAdvice();
  draw();
  showTable();
  const first = data.advice.map((a) => points.find((p) => a.workload === workload && p.point === a.point)).find(Boolean);
  choose(first || points[0]);
  const front = data.front.filter((p) => p.workload === workload).length;
  $("summary").textContent = `${points.length} networks tried on ${workload === "data" ? "the layers given" : "random bits, " + workload}; ` +
    `${front} are worth their cost. ` + (data.complete ? "" : "The search was stopped before its end; run the same command to continue. ") +
    "Higher is better; E = 100 % is the information limit.";
}

for (const one of AXES) {
  const button = make($("axes"), "button", { type: "button", "aria-pressed": one === axis }, one.name2 || one.name);
  button.onclick = () => {
    axis = one;
    history.replaceState(null, "", "#" + one.key);
    for (const other of $("axes").children) other.setAttribute("aria-pressed", other === button);
    draw();
  };
}
const names = [...new Set(data.points.map((p) => p.workload))];
for (const name of names) make($("workload"), "option", { value: name }, name);
$("choice").hidden = names.length < 2;
$("workload").onchange = () => { workload = $("workload").value; show(); };
showLegend();
show();
