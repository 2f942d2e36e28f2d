"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const NS = "http://www.w3.org/2000/svg";

function make(parent, tag, attributes = {}, text = null) {
  const svg = parent.namespaceURI === NS || tag === "svg";
  const element = svg ? document.createElementNS(NS, tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = String(text).replaceAll(" %", "\u00a0%");
  parent.append(element);
  return element;
}
const UNITS = [[1e9, " G"], [1e6, " M"], [1e3, " k"]];
function short(x) {
  for (const [size, unit] of UNITS) if (x >= size) return trim(x / size) + unit;
  return trim(x);
}
const trim = (x) => (x >= 100 ? x.toFixed(0) : String(Number(x.toPrecision(3))));
function say(text) {
  $("said").textContent = text;
  $("said").classList.add("shown");
  setTimeout(() => $("said").classList.remove("shown"), 1600);
}
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make(document.body, "textarea");
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(what + " copied");
}
