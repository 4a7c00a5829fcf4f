//! A procedure from the browser: order and plan, every step confirmed, stopped with confidence, and the record closed.

import { expect, type Page, test } from "@playwright/test";
import type { Machine } from "../src/contract.ts";
import { ask, expectAccessible, picture, signIn } from "./person.ts";
import { Server } from "./server.ts";

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.end());

async function idleMachine(page: Page): Promise<string> {
  const machines = (await ask(page, "GET", "/machines")) as Machine[];
  const idle = machines.find((machine) => machine.live.run === null);
  if (!idle) throw new Error("the demonstration has no idle machine");
  return idle.id;
}

/** What a person would enter who has nothing else to go by than the field's label and range. */
async function fill(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  for (const scan of await dialog.getByRole("button", { name: /^(Scan|Ask|Read): / }).all()) await scan.click();
  // What the simulation shows, said by a person.
  for (const question of await dialog.locator("fieldset.yes-no").all()) {
    const answer = /shows: no/.test((await question.textContent()) ?? "") ? "No" : "Yes";
    await question.getByLabel(answer, { exact: true }).check();
  }
  for (const choice of await dialog.getByRole("combobox").all()) {
    if ((await choice.inputValue()) === "") await choice.selectOption({ index: 1 });
  }
  for (const input of await dialog.getByRole("spinbutton").all()) {
    if ((await input.inputValue()) !== "") continue;
    const label = await input.evaluate((one: HTMLInputElement) => one.labels?.[0]?.textContent ?? "");
    const value = /systolic/i.test(label)
      ? 120
      : /matocrit/i.test(label)
        ? 38
        : /platelet/i.test(label)
          ? 150
          : /white/i.test(label)
            ? 25
            : /age/i.test(label)
              ? 12
              : /viab/i.test(label)
                ? 98
                : 40;
    await input.fill(String(value));
  }
}

test("from order to report", async ({ browser }) => {
  test.setTimeout(240_000);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
  const page = await context.newPage();
  await signIn(page, server.url, "Physician");
  const machine = await idleMachine(page);

  // Order and plan.
  await page.goto(`${server.url}/#/machine/${machine}/plan`);
  await page.getByLabel("Protocol").selectOption("cd34-autologous");
  await page.getByLabel("Donor").selectOption("autologous-74kg");
  await page.getByRole("button", { name: "Plan", exact: true }).click();
  await expect(page.getByText("Published planners, for comparison")).toBeVisible();
  await expect(page.getByText(/80 % between/)).toBeVisible();
  await picture(page, "plan");
  await page.getByLabel("Scenarios side by side").selectOption({ label: "inlet flow 40, 50, 60, 70 mL/min" });
  await page.getByRole("button", { name: "Plan", exact: true }).click();
  await expect(page.getByRole("row", { name: /Dose/ })).toContainText(/\d/);
  await page.getByRole("button", { name: "Start the procedure" }).click();
  await expect(page).toHaveURL(/run$/);

  // Every step, as the machine asks for it; time runs faster between them.
  const pace = await browser.newContext();
  const instructor = await pace.newPage();
  await signIn(instructor, server.url, "Instructor");
  await ask(instructor, "POST", `/machines/${machine}/pace`, { warp: 60 });
  const seen: string[] = [];
  const confirm = page.getByRole("button", { name: "Confirm this step" });
  const hero = page.getByText("Dose in the bag");
  let asksToStop = false;
  for (let step = 0; step < 400; step += 1) {
    const over = page.getByRole("heading", { name: "The procedure is over" });
    if (await over.isVisible()) break;
    if (await confirm.isVisible()) {
      await confirm.click();
      const dialog = page.getByRole("dialog");
      const title = (await dialog.getByRole("heading").first().textContent()) ?? "";
      if (!seen.includes(title)) {
        if (seen.length === 1) {
          await expectAccessible(page);
          await picture(page, "step");
        }
        seen.push(title);
      }
      await fill(page);
      await dialog.getByRole("button", { name: "Done" }).click();
      await expect(dialog).toHaveCount(0);
    } else if (
      !asksToStop &&
      (await hero.isVisible()) &&
      (await page.locator(".hero .figure .live-value").textContent()) !== "–"
    ) {
      const dose = Number(await page.locator(".hero .figure .live-value").textContent());
      if (dose > 0.5) {
        // Stop with what is known: the dialog says what is in the bag and how sure that is.
        await page.getByRole("button", { name: "Stop collection" }).click();
        const dialog = page.getByRole("dialog");
        await expect(dialog).toContainText("is believed to be in the bag");
        await dialog.getByRole("button", { name: "Stop and return the blood" }).click();
        await expect(dialog.getByText("Still missing: why.")).toBeVisible();
        await dialog.getByLabel("Why").fill("the donor wishes to end");
        await picture(page, "stop");
        await dialog.getByRole("button", { name: "Stop and return the blood" }).click();
        await expect(dialog).toHaveCount(0);
        asksToStop = true;
      }
    }
    await page.waitForTimeout(300);
  }
  expect(asksToStop).toBe(true);
  await expect(page.getByRole("heading", { name: "The procedure is over" })).toBeVisible();
  expect(seen.length).toBeGreaterThanOrEqual(14);

  // The record: counts by the laboratory, account, label, signature, report.
  await page.getByRole("link", { name: "Go to the record" }).click();
  await expect(page.getByRole("heading", { name: "To close the record" })).toBeVisible();
  const record = page.url();
  const closing = async (who: Page, step: string) => {
    await who.goto("about:blank");
    await who.goto(record);
    await who.getByRole("button", { name: step, exact: true }).click();
  };
  const lab = await (await browser.newContext()).newPage();
  await signIn(lab, server.url, "Laboratory");
  // Nothing is filled in beforehand: scanner, scales and laboratory are asked.
  const answered = async (who: Page, step: string, button: string) => {
    await closing(who, step);
    await fill(who);
    await who.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
    await expect(who.getByRole("dialog")).toHaveCount(0);
  };
  await answered(lab, "Enter the counts", "Enter");
  await answered(lab, "Account for the cells", "Accept");
  await answered(page, "Give the donation number", "Give");
  await closing(page, "Label the product");
  await expect(page.getByRole("img", { name: "Label of the product" })).toHaveJSProperty("complete", true);
  expect(await page.getByRole("img").evaluate((label: HTMLImageElement) => label.naturalWidth)).toBeGreaterThan(1000);
  await expectAccessible(page);
  await picture(page, "label");
  await answered(page, "Label the product", "Label");
  for (const [who, password] of [
    [lab, "demo"],
    [page, "demo"],
  ] as const) {
    // Authorship by the laboratory, review by the physician: what is missing is offered first.
    await closing(who, "Sign");
    await who.getByLabel("Your password").fill(password);
    await who.getByRole("dialog").getByRole("button", { name: "Sign" }).click();
    await expect(who.getByRole("dialog")).toHaveCount(0);
  }
  await closing(page, "Close the record");
  await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();
  await expect(page.getByText(/· closed/)).toBeVisible();
  await expect(page.getByText("The chain of entries is whole")).toBeVisible();
  await expectAccessible(page);
  await picture(page, "record");
  const report = await page.evaluate(async (address) => {
    const id = address.split("/").at(-1);
    const answer = await fetch(`/api/records/${id}/report.pdf`);
    return { type: answer.headers.get("content-type"), begin: (await answer.text()).slice(0, 5) };
  }, record);
  expect(report).toEqual({ type: "application/pdf", begin: "%PDF-" });
});
