const AXES = [
  { key: "gates", line: "gates", name: "gates", label: "two-input XOR gates per output" },
  { key: "registers", line: "registers", name: "registers", label: "register bits of the decoder" },
  { key: "depth", line: "depth", name: "depth", label: "XOR gates on the longest path", linear: true },
  { key: "area", line: "area", name: "area", label: "gates and 2.5 times register bits, per output" },
  { key: "operations", line: "operations", name: "operations", label: "machine operations to decode 64 weights, estimated" },
  { key: "decode_speed", line: "decode_speed", name: "decode speed", label: "weights decoded per second to bit planes, one core", most: true },
  { key: "encode_speed", line: "encode_speed", name: "encode speed", label: "care bits encoded per second, one core", most: true },
];
const FRAME = { left: 78, right: 744, top: 14, bottom: 424 };
const count = (topology) => data.points.filter((p) => p.topology === topology).length;
const topologies = [...new Set(data.points.map((p) => p.topology))].sort((a, b) => count(b) - count(a) || (a < b ? -1 : 1));
const onFront = new Map(data.front.map((p) => [p.workload + " " + p.point, p.views]));
let axis = AXES.find((one) => "#" + one.key === location.hash) || AXES[0];
let workload = data.front.length ? data.front[0].workload : data.points[0].workload;
let chosen = null;

const hidden = new Set();
const symbol = (topology) => data.symbols[topology];
const ground = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "colour";
const colour = (p) => symbol(p.topology)[ground];
const shape = (p) => symbol(p.topology).path;
const label = (p) => (p.baseline ? "auto: " : "") + p.network;
const views = (p) => onFront.get(p.workload + " " + p.point);
const users = (p) => data.advice.filter((a) => a.workload === p.workload && a.point === p.point).map((a) => a.user);
const line = () => data.lines[workload][axis.line].map((key) => find(key));
const find = (key) => data.points.find((q) => q.workload === workload && q.point === key);
const baseline = () => data.points.find((q) => q.workload === workload && q.baseline);
const listed = (p) => Boolean(views(p)) || p.baseline;
const solid = (p) => listed(p) || line().includes(p);
const search = (p) => (p.patching === "burst" ? p.solver : p.patching);
const percent = (e) => (100 * e).toFixed(e > 0.999 ? 3 : 2) + " %";
const height = (e) => -Math.log10(Math.max(1e-5, 1 - e));

const giga = (p) => trim(p.decode_speed / 1e9);
const mega = (p) => trim(p.encode_speed / 1e6);
const quoted = (path) => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'"'"'`)}'`);
const command = (p) => `xoropt compress ${quoted(data.source || "IN.safetensors")} OUT.safetensors ${p.command}`;
/* Add a text that may be broken behind its commas and colons. */
function breakable(parent, text) {
  for (const part of text.split(/(?<=[,:])/)) {
    parent.append(part);
    make(parent, "wbr");
  }
}
const recipe = (parent, text) => breakable(make(parent, "code"), text);
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
    const second = one.user.startsWith("software") ? giga(p) + " G weights/s" : trim(p.gates) + " gates per output";
    make(big, "small", {}, second);
    make(card, "p", {}, one.sentence.slice(one.sentence.indexOf(": it ") + 2).replace(/^ ?i/, "I"));
    const b = baseline();
    if (b && !p.baseline) {
      const figure = one.user.startsWith("software") ? giga(b) + " G weights/s" : `${trim(b.gates)} gates, ${trim(b.registers / b.n_out)} register bits per output`;
      make(card, "p", { class: "note" }, `For comparison, auto: E = ${percent(b.efficiency)}, ${figure}.`);
    }
    recipe(card, label(p) + (p.order === "rows" ? "" : "  " + p.order));
    make(buttons(card, p), "button", { type: "button" }, "Show").onclick = () => { hidden.clear(); filtered(); choose(p); $("chart").scrollIntoView({ block: "center" }); };
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
  const path = (points, gain) => {
    let d = "";
    for (const p of points) {
      const at = `${x.at(p[axis.key]).toFixed(1)}`, to = y(p.efficiency + gain).toFixed(1);
      d += d ? `H${at}V${to}` : `M${at} ${to}`;
    }
    return d && d + `H${axis.most ? FRAME.left : FRAME.right}`;
  };
  const front = line();
  if (front.length) {
    const start = x.at(front[0][axis.key]).toFixed(1), end = axis.most ? FRAME.left : FRAME.right;
    let back = `V${y(front[front.length - 1].efficiency).toFixed(1)}`;
    for (let i = front.length - 1; i > 0; i--) back += `H${x.at(front[i][axis.key]).toFixed(1)}V${y(front[i - 1].efficiency).toFixed(1)}`;
    const band = make(chart, "path", { class: "band", d: path(front, data.grain) + back + `H${start}Z`, "clip-path": "url(#inside)" });
    make(band, "title", {}, `less than ${100 * data.grain} % of E above the front`);
    make(make(make(chart, "defs"), "clipPath", { id: "inside" }), "rect", { x: FRAME.left, y: FRAME.top, width: FRAME.right - FRAME.left, height: FRAME.bottom - FRAME.top });
    make(chart, "path", { class: "step", d: path(front, 0) });
  }
  if (axis.key === "gates") {
    const blocks = data.lines[workload].block.map((key) => find(key));
    if (blocks.length) make(chart, "path", { class: "step block", d: path(blocks, 0) });
  }
  const base = baseline();
  if (base) {
    const bx = x.at(base[axis.key]), by = y(base.efficiency);
    make(chart, "path", { class: "cross", d: `M${bx} ${FRAME.top}V${FRAME.bottom}M${FRAME.left} ${by}H${FRAME.right}` });
    make(chart, "text", { class: "name", x: bx > FRAME.right - 60 ? bx - 12 : bx + 12, y: by < FRAME.top + 26 ? by + 20 : by - 9, "text-anchor": bx > FRAME.right - 60 ? "end" : "start" }, "auto");
  }
  const shown = points.filter((p) => !hidden.has(p.topology)).sort((a, b) => solid(a) - solid(b) || a[axis.key] - b[axis.key] || a.efficiency - b.efficiency);
  for (const p of shown) {
    const front = solid(p);
    const said = `${label(p)}, ${p.order}: E ${percent(p.efficiency)}, ${axis.label} ${short(p[axis.key])}`;
    const group = make(chart, "g", {
      class: "point" + (front ? "" : " faint") + (p.baseline ? " auto" : "") + (p === chosen ? " chosen" : ""), tabindex: front ? 0 : -1, role: "button",
      "aria-label": said, transform: `translate(${x.at(p[axis.key]).toFixed(1)} ${y(p.efficiency).toFixed(1)})`,
    });
    make(group, "circle", { class: "halo", r: 9.5 });
    make(group, "path", { d: shape(p), fill: colour(p), stroke: colour(p) });
    make(group, "title", {}, said);
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
    const item = make($("legend"), "button", { type: "button", "aria-pressed": !hidden.has(topology), class: topology === "auto" ? "auto" : "" });
    item.dataset.topology = topology;
    const icon = make(item, "svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" });
    make(icon, "path", { d: symbol(topology).path, fill: symbol(topology)[ground] });
    item.append(topology === "auto" ? "auto, the baseline" : `${topology} (${data.points.filter((p) => p.workload === workload && p.topology === topology).length})`);
    item.onclick = () => { hidden.has(topology) ? hidden.delete(topology) : hidden.add(topology); filtered(); };
    item.ondblclick = () => {
      const alone = topologies.every((t) => t === topology || t === "auto" || hidden.has(t)) && !hidden.has(topology);
      hidden.clear();
      if (!alone) for (const other of topologies) if (other !== topology && other !== "auto") hidden.add(other);
      filtered();
    };
  }
}
function filtered() {
  for (const item of $("legend").children) item.setAttribute("aria-pressed", !hidden.has(item.dataset.topology));
  draw();
  showTable();
}

const FIGURES = [
  ["E", (p) => percent(p.efficiency)], ["bits/weight, with mask", (p) => p.bits_per_weight.toFixed(4)],
  ["patches", (p) => p.patches], ["care bits measured", (p) => short(p.care_bits)],
  ["gates per output", (p) => trim(p.gates)],
  ["… after synthesis", (p) => (p.synthesized_gates === null ? null : trim(p.synthesized_gates))],
  ["depth", (p) => p.depth], ["largest fan-out", (p) => p.fan_out], ["register bits", (p) => p.registers],
  ["window, seed bits", (p) => p.window], ["outputs per step", (p) => p.n_out],
  ["area per output", (p) => trim(p.area)], ["operations to decode 64 weights", (p) => trim(p.operations)],
  ["decoded, G weights/s", giga], ["encoded, M care bits/s", mega],
];
/* Why a point is not on the front of the axis: the point that costs no more and whose E is too near, or higher. */
function why(p) {
  if (!data.lines[workload][axis.line]) return null;
  if (line().includes(p)) return `on the front of ${axis.name}`;
  const sign = axis.most ? -1 : 1;
  const better = line().filter((q) => sign * q[axis.key] <= sign * p[axis.key] && p.efficiency < q.efficiency + data.grain).pop();
  if (!better) return `not on the front of ${axis.name}: measured on a smaller sample, and ruled out by it`;
  const gap = 100 * (p.efficiency - better.efficiency);
  return `not on the front of ${axis.name}: ${label(better)} ${better[axis.key] === p[axis.key] ? "costs the same" : axis.most ? "is faster" : "costs less"}, and ` +
    (gap > 0 ? `E gains only ${gap.toFixed(3)} %` : gap < 0 ? `its E is ${(-gap).toFixed(gap > -0.1 ? 3 : 2)} % higher` : "has the same E");
}
function choose(p) {
  chosen = p;
  const detail = $("detail"), base = baseline(), compared = base && base !== p;
  detail.replaceChildren();
  const fronts = views(p);
  make(detail, "h3", {}, p.baseline ? "auto, the baseline" : p.topology + (search(p) === "portfolio" ? "" : ", " + search(p)));
  recipe(detail, p.network);
  const list = make(detail, "dl");
  if (compared) for (const text of ["", "this", "auto"]) make(list, "span", { class: "head" }, text);
  make(list, "dt", {}, "order");
  breakable(make(list, "dd"), p.order);
  breakable(make(list, "dd", { class: "base" }), compared ? base.order : "");
  for (const [name, value] of FIGURES) {
    const text = value(p), other = compared ? value(base) : "";
    if (text === null) continue;
    make(list, "dt", {}, name);
    make(list, "dd", {}, text);
    make(list, "dd", { class: "base" }, other === null ? "–" : other);
  }
  make(list, "dt", {}, "on the front of");
  make(list, "dd", { class: "wide" }, fronts ? fronts.join(", ") : "none");
  if (users(p).length) {
    make(list, "dt", {}, "recommended for");
    make(list, "dd", { class: "wide" }, users(p).join(", "));
  }
  const reason = why(p);
  if (reason) breakable(make(detail, "p", { class: "note", id: "why" }), reason[0].toUpperCase() + reason.slice(1).replaceAll(" %", "\u00a0%") + ".");
  buttons(detail, p);
  for (const group of $("chart").querySelectorAll(".point")) group.classList.toggle("chosen", group.dataset.point === p.point);
  for (const row of $("front").querySelectorAll("tbody tr")) row.classList.toggle("chosen", row.dataset.point === p.point);
}

const COLUMNS = [
  ["E", (p) => p.efficiency, (p) => percent(p.efficiency)],
  ["gates", (p) => p.gates, (p) => trim(p.gates), "gates"],
  ["synthesized", (p) => p.synthesized_gates, (p) => (p.synthesized_gates === null ? "–" : trim(p.synthesized_gates))],
  ["depth", (p) => p.depth, String, "depth"], ["registers", (p) => p.registers, String, "registers"],
  ["area", (p) => p.area, (p) => trim(p.area), "area"], ["fan-out", (p) => p.fan_out, String],
  ["operations", (p) => p.operations, (p) => trim(p.operations), "operations"],
  ["decode, G weights/s", (p) => p.decode_speed, giga], ["encode, M care bits/s", (p) => p.encode_speed, mega],
  ["bits/weight", (p) => p.bits_per_weight, (p) => p.bits_per_weight.toFixed(4)],
];
let sorting = { column: 0, down: true };
const named = (p) => `${label(p)} ${p.order === "rows" ? "" : p.order} ${p.baseline || search(p) === "portfolio" ? "" : search(p)}`.replace(/  +/g, " ").trim();
function rows() {
  const words = $("filter").value.toLowerCase().split(/\s+/), all = $("rows").value === "all";
  const some = data.points.filter((p) => p.workload === workload && (all || listed(p)) &&
    (p.baseline || (!hidden.has(p.topology) && words.every((word) => named(p).toLowerCase().includes(word)))));
  const value = sorting.column < 0 ? named : COLUMNS[sorting.column][1], sign = sorting.down ? -1 : 1;
  return some.sort((a, b) => {
    const x = value(a), y = value(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (x < y ? -1 : x > y ? 1 : 0) || b.efficiency - a.efficiency;
  });
}
function showTable() {
  const table = $("front"), some = rows(), total = data.front.filter((p) => p.workload === workload).length;
  table.replaceChildren();
  $("table-title").textContent = $("rows").value === "all" ? `${some.length} networks` : `The front: ${total} networks worth their cost` + (!baseline() ? "" : listed(baseline()) && views(baseline()) ? ", auto among them" : ", and auto for comparison");
  const none = data.points.every((p) => p.workload !== workload || p.synthesized_gates === null);
  $("unsynthesized").textContent = none ? " No network was synthesized: the budget was spent, or synthesis was not asked for."
    : some.some((p) => p.synthesized_gates === null) ? " –: not synthesized, since it is not on the front or the budget was spent." : "";
  const head = make(make(table, "thead"), "tr");
  const columns = [[-1, "network, order, search"], ...COLUMNS.map(([name], i) => [i, name])].filter(([, name]) => name !== "synthesized" || !none);
  for (const [i, name] of columns) {
    const sorted = sorting.column === i;
    const cell = make(head, "th", sorted ? { scope: "col", "aria-sort": sorting.down ? "descending" : "ascending" } : { scope: "col" });
    make(cell, "button", { type: "button" }, name).onclick = () => {
      sorting = { column: i, down: sorted ? !sorting.down : i === 0 || name.includes("/s") };
      showTable();
    };
  }
  const body = make(table, "tbody");
  for (const p of some) {
    const fronts = views(p) || [], row = make(body, "tr", p === chosen ? { class: "chosen" } : {});
    row.dataset.point = p.point;
    row.onclick = () => choose(p);
    const cell = make(make(row, "td"), "div", { class: "name" });
    const icon = make(cell, "svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true", class: "icon point" + (p.baseline ? " auto" : "") });
    make(icon, "path", { d: shape(p), fill: colour(p) });
    const text = make(cell, "span");
    recipe(text, named(p));
    if (p.baseline) make(text, "span", { class: "tag base" }, fronts.length ? "baseline" : "baseline, on no front");
    for (const user of users(p)) make(text, "span", { class: "tag" }, user);
    make(text, "button", { type: "button", class: "copy", title: "Copy the recipe" }, "copy").onclick = (event) => {
      event.stopPropagation();
      copy(p.network, "Recipe");
    };
    for (const [i] of columns.slice(1)) {
      const [, value, text, view] = COLUMNS[i];
      make(row, "td", view && fronts.includes(view) ? { class: "best" } : {}, text === String ? value(p) : text(p));
    }
  }
}
function csv() {
  const keys = Object.keys(data.points[0]);
  const quote = (value) => (value === null ? "" : /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return [[...keys, "front_of"], ...rows().map((p) => [...keys.map((key) => p[key]), (views(p) || []).join(" ")])]
    .map((row) => row.map(quote).join(",")).join("\n") + "\n";
}

function show() {
  const points = data.points.filter((p) => p.workload === workload);
  showAdvice();
  showLegend();
  draw();
  showTable();
  const first = data.advice.map((a) => points.find((p) => a.workload === workload && p.point === a.point)).find(Boolean);
  choose(first || points[0]);
  const front = data.front.filter((p) => p.workload === workload).length;
  $("summary").textContent = `${points.length} networks tried on ${workload === "data" ? "the layers given" : "random bits, " + workload}; ` +
    `${front} are worth their cost. ` + (data.untried[workload] ? `${data.untried[workload]} more were not tried, so this is preliminary; run the same command to continue. `
      : data.complete ? "" : "The search was stopped before its end; run the same command to continue. ") +
    "Higher is better; E = 100 % is the information limit.";
}

for (const one of AXES) {
  const button = make($("axes"), "button", { type: "button", "aria-pressed": one === axis }, one.name);
  button.onclick = () => {
    axis = one;
    history.replaceState(null, "", "#" + one.key);
    for (const other of $("axes").children) other.setAttribute("aria-pressed", other === button);
    draw();
    if (chosen) choose(chosen);
  };
}
const names = [...new Set(data.points.map((p) => p.workload))];
for (const name of names) make($("workload"), "option", { value: name }, name);
$("choice").hidden = names.length < 2;
$("workload").onchange = () => { workload = $("workload").value; show(); };
$("rows").onchange = $("filter").oninput = showTable;
$("csv").onclick = () => copy(csv(), "CSV");
const rule = $("rule");
rule.append("The line is the front of these axes: each step along it gains at least ");
make(rule, "b", {}, `${100 * data.grain} % of E`);
rule.append("; a point in the band ");
make(rule, "span", { class: "swatch", "aria-hidden": "true" });
rule.append(" gains less, and is not on it. Dotted: blocks alone.");
show();
