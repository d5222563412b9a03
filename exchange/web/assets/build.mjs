// Builds the style sheet, and copies the scripts of govuk-frontend and GraphiQL into ../static.
import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "sass";
import { copyGraphiql } from "./graphiql.mjs";

const notice = "/*! Contains parts of govuk-frontend 6.3.0, MIT licence: see govuk-frontend.LICENSE.txt */\n";
const options = { loadPaths: ["node_modules"], style: "compressed", charset: false };
writeFileSync("../static/openbureau.css", `${notice}${compile("openbureau.scss", options).css}\n`);

const script = readFileSync("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js", "utf8");
writeFileSync("../static/govuk-frontend.min.js", `${notice}${script.replace(/\/\/# sourceMappingURL.*/, "")}\n`);

copyGraphiql();
