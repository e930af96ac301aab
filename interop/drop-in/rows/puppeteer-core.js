import puppeteer from 'puppeteer-core';

import { run } from '../row.js';

await run(['puppeteer-core'], async (check) => {
  const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.setContent('<h1>hello</h1>');
  check(await page.$eval('h1', (heading) => heading.textContent), 'hello', 'the text of a page');
  check(await page.evaluate(() => 'x'.repeat(300_000).length), 300_000, 'an evaluation');
  check((await page.evaluate(() => 'x'.repeat(300_000))).length, 300_000, 'a large result');
  check(Buffer.from((await page.screenshot()).subarray(1, 4)).toString(), 'PNG', 'a screenshot');
  await browser.close();
});
