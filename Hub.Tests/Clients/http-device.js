// Sends telemetry with the unmodified device client over HTTPS, and prints what it was told as one line of JSON.
// Arguments: the device connection string; a device connection string with a wrong key.
'use strict';

const { Client, Message } = require('azure-iot-device');
const { Http } = require('azure-iot-device-http');

function message(body, properties) {
  const made = new Message(body);
  for (const [name, value] of Object.entries(properties)) {
    made.properties.add(name, value);
  }
  return made;
}

async function main() {
  const client = Client.fromConnectionString(process.argv[2], Http);
  const single = message(JSON.stringify({ n: 1, text: 'ü' }), { room: 'kitchen', floor: '2' });
  single.messageId = 'm-1';
  single.correlationId = 'c-1';
  single.contentType = 'application/json';
  single.contentEncoding = 'utf-8';
  const sent = await client.sendEvent(single);

  const batch = Array.from({ length: 20 }, (_, i) => message(Buffer.from([0, 255, i]), { number: String(i) }));
  const sentBatch = await client.sendEventBatch(batch);
  const tooLarge = await client.sendEvent(new Message(Buffer.alloc(300 * 1024))).then(() => 'none', (error) => error.constructor.name);

  const stranger = Client.fromConnectionString(process.argv[3], Http);
  const refused = await stranger.sendEvent(new Message('x')).then(() => 'none', (error) => error.constructor.name);
  console.log(JSON.stringify({ sent: sent.constructor.name, sentBatch: sentBatch.constructor.name, tooLarge, refused }));
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
