// Receives messages with the unmodified Azure IoT device client over MQTT, and prints them as one line of JSON once there are enough.
// Arguments: tls or ws; the device connection string; how many messages.
'use strict';
const { Client } = require('azure-iot-device');
const { Mqtt, MqttWs } = require('azure-iot-device-mqtt');

async function main(transport, connectionString, count) {
  const client = Client.fromConnectionString(connectionString, transport === 'ws' ? MqttWs : Mqtt);
  await client.open();
  const received = [];
  await new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (message) => {
      received.push({
        body: message.getData().toString(),
        messageId: message.messageId,
        correlationId: message.correlationId,
        contentType: message.contentType,
        to: message.to,
        properties: message.properties.propertyList.map((property) => [property.key, property.value]),
      });
      client.complete(message, (error) => (error ? reject(error) : received.length === count && resolve()));
    });
  });
  // The acknowledgement of the last one leaves before the goodbye.
  await client.close();
  return received;
}

main(process.argv[2], process.argv[3], Number(process.argv[4])).then(
  (received) => { console.log(JSON.stringify(received)); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
