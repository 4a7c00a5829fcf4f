//! Starts the page.

import "@fontsource-variable/ibm-plex-sans/wght.css";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/run.css";
import "./style/views.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { applyTheme } from "./lib/theme.ts";

applyTheme();
const page = document.getElementById("page");
if (page) render(<App />, page);
