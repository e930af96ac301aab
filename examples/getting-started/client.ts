// #region
import { connect } from 'millrace';

const connection = await connect('ws://localhost:9000');
const welcome = await connection.expectMessage();
console.log(await welcome.text());

await connection.send('hello');
console.log(await (await connection.expectMessage()).text());
await connection.close();
// #endregion
