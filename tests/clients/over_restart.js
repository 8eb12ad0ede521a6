// What the programs with a client library of Node.js share: an application that lives through a
// restart of the proxy, and how a program tells its outcome.
'use strict';
const assert = require('node:assert/strict');

// Repeats until it does not throw, for half a minute.
async function again(attempt) {
  for (const end = Date.now() + 30000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const processOf = async (client) => /process_id:(\d+)/.exec(await client.info('server'))[1];

// Asks, by a line of its output, for the restart. `heard` fills with what another connection hears
// on the channel `after`, which it has subscribed to.
async function overRestart(client, heard) {
  await client.set('kept', 'yes');
  const before = await processOf(client);
  console.log('restart');
  await again(async () => {
    if (await processOf(client) === before) throw new Error('the proxy was not restarted');
  });
  assert.equal(await client.get('kept'), 'yes');
  await again(async () => {
    await client.publish('after', 'x');
    if (heard.length === 0) throw new Error('nothing was heard behind the restart');
  });
}

function run(main) {
  main().then(() => {
    console.log('done');
    process.exit(0);
  }).catch((error) => {
    console.log(error);
    process.exit(1);
  });
}

module.exports = { again, overRestart, run };
