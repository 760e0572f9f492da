// Mermaid's own parser on diagrams from standard input (a JSON list of texts); one result a diagram on standard output.
// node mermaid_parse.mjs NODE_MODULES, where `npm install mermaid jsdom` has put them.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const modules = resolve(process.argv[2]);
const need = createRequire(`${modules}/index.js`);
const { JSDOM } = need('jsdom');
const dom = new JSDOM('');
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const mermaid = (await import(pathToFileURL(`${modules}/mermaid/dist/mermaid.core.mjs`))).default;
mermaid.initialize({ startOnLoad: false });

const plain = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));
const local = (date) => date && new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
let input = '';
for await (const chunk of process.stdin) input += chunk;
const results = [];
for (const text of JSON.parse(input)) {
  try {
    const { diagramType } = await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const told = { type: diagramType };
    if (diagramType === 'gantt') {
      told.title = plain(db.getDiagramTitle());
      told.tasks = db.getTasks().map((t) => [t.id, plain(t.task).trim(), plain(t.section), local(t.startTime), local(t.endTime)]);
    } else if (diagramType.startsWith('flowchart')) {
      told.nodes = [...db.getVertices().values()].map((v) => [v.id, plain(v.text)]);
      told.edges = db.getEdges().map((e) => [e.start, e.end, plain(e.text)]);
    } else {
      told.nodes = db.getC4ShapeArray().map((s) => [s.alias, plain(s.label.text)]);
      told.edges = db.getRels().map((r) => [r.from, r.to, plain(r.label.text)]);
    }
    results.push(told);
  } catch (error) {
    results.push({ error: String(error.message || error).slice(0, 300) });
  }
}
console.log(JSON.stringify(results));
