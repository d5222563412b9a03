// Copies GraphiQL, with the React that it needs, into ../static/graphiql, and writes down whose work is in it.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const to = "../static/graphiql";
const files = {
  "graphiql.min.js": "graphiql/graphiql.min.js",
  "graphiql.min.css": "graphiql/graphiql.min.css",
  "react.production.min.js": "react/umd/react.production.min.js",
  "react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
};
const ownNames = { "graphiql-toolkit": "@graphiql/toolkit", "graphiql-react": "@graphiql/react", src: "graphiql" };
const bundledInReactDom = ["scheduler"];

export function copyGraphiql() {
  mkdirSync(to, { recursive: true });
  for (const [name, from] of Object.entries(files)) {
    writeFileSync(`${to}/${name}`, readFileSync(`node_modules/${from}`, "utf8").replace(/\n?\/\/# sourceMappingURL.*/, ""));
  }
  const names = ["graphiql", "react", "react-dom", ...bundledInReactDom, ...bundledInGraphiql()];
  writeFileSync(`${to}/LICENSES.txt`, [...new Set(names)].sort().map(licenceOf).join(`\n${"=".repeat(80)}\n\n`));
}

// The packages whose source is in GraphiQL's bundle, by the paths in its source map.
function bundledInGraphiql() {
  const { sources } = JSON.parse(readFileSync("node_modules/graphiql/graphiql.min.js.map", "utf8"));
  return sources.map((path) => {
    const name = path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? path.match(/^(?:\.\.\/)+([^/]+)/)[1];
    return ownNames[name] ?? name;
  });
}

function licenceOf(name) {
  const folder = `node_modules/${name}`;
  if (!existsSync(folder)) throw new Error(`${name} is in the bundle and not installed`);
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}\n`;
}
