//! What a person does at the page, for the journeys.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Signs in with the demonstration's user of that role. */
export async function signIn(page: Page, url: string, role: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("button", { name: role, exact: true }).click();
  await expect(page.getByRole("heading", { name: "Machines" })).toBeVisible();
}

/** A request with the session of the page, as its own code makes them. */
export function ask(page: Page, method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
  return page.evaluate(
    async ([how, where, what]) => {
      const me = await (await fetch("/api/me")).json();
      const response = await fetch(`/api${where}`, {
        method: how as string,
        headers: { "content-type": "application/json", "x-csrf": me.csrf },
        ...(what === undefined ? {} : { body: JSON.stringify(what) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${how} ${where}: ${response.status} ${text}`);
      return text ? JSON.parse(text) : null;
    },
    [method, path, body] as const,
  );
}

/** No violation of WCAG 2.2 AA, nor of axe's own good practice, that axe can see. */
export async function expectAccessible(page: Page): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  const told = violations.map(
    (one) => `${one.id}: ${one.help} at ${one.nodes.map((node) => node.target.join(" ")).join("; ")}`,
  );
  expect(told).toEqual([]);
}

/** Nothing sticks out sideways. */
export async function expectNoSideways(page: Page): Promise<void> {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(view ?? 0);
}

/** A picture for the guide. Written only when the test run is told to, so that a test does not change the repository. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env["LEUKA_PICTURES"]) await page.screenshot({ path: `../docs/console/${name}.png`, scale: "css" });
}
