// mqtt.js against the hub: node mqtt-js.js <url> <4|5> <device id> <token>
'use strict';
const mqtt = require('mqtt');

async function main(url, version, deviceId, token) {
  const seen = {};
  const protocolVersion = Number(version);
  const options = {
    protocolVersion,
    clientId: deviceId,
    username: `localhost/${deviceId}/?api-version=2021-04-12`,
    password: token,
    clean: true,
    reconnectPeriod: 0,
    wsOptions: { protocol: 'mqtt' },
  };
  const client = mqtt.connect(url, options);
  client.on('disconnect', (packet) => { seen.disconnectCode = packet.reasonCode; seen.disconnectReason = packet.properties && packet.properties.reasonString; });
  const connack = await new Promise((resolve, reject) => {
    client.on('connect', resolve);
    client.on('error', reject);
  });
  seen.connack = connack.properties || null;

  const topic = `devices/${deviceId}/messages/events/`;
  await client.publishAsync(topic + 'a=1', 'quality 1', { qos: 1 });
  await client.publishAsync(topic, 'quality 0', { qos: 0 });
  await Promise.all([...Array(200).keys()].map((i) => client.publishAsync(topic, `m${i}`, { qos: 1 })));
  if (protocolVersion === 5) {
    await client.publishAsync(topic, 'with properties', {
      qos: 1,
      properties: { contentType: 'text/plain', correlationData: Buffer.from('c-1'), userProperties: { p: 'q' }, messageExpiryInterval: 60 },
    });
  }

  const granted = await client.subscribeAsync(`devices/${deviceId}/messages/devicebound/#`, { qos: 2 });
  seen.granted = granted[0].qos;
  try {
    await client.subscribeAsync('not/mine/#', { qos: 1 });
    seen.foreign = 'granted';
  } catch (error) {
    seen.foreign = error.code || error.message;
  }

  // The connection is still there after the refusal; a foreign publish then ends it.
  await client.publishAsync(topic, 'last', { qos: 1 });
  const closed = new Promise((resolve) => client.on('close', resolve));
  client.publish('not/mine', 'x', { qos: 1 }, () => {});
  await closed;
  return seen;
}

main(...process.argv.slice(2)).then(
  (seen) => { console.log(JSON.stringify(seen)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
