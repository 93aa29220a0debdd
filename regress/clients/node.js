// node-postgres: a bigint, a numeric and an area_code come as text, an object goes as jsonb, SQLSTATE is error.code.
'use strict';
const assert = require('assert');
const { Client, types } = require('pg');

types.setTypeParser(types.builtins.DATE, (day) => day); // else midnight of this machine's zone, which may be the day before
const app = new Client({ user: 'app' });
const bi = new Client({ user: 'bi' });
const payload = {
	source: 'hotline_12345', external_id: 'A-1', category: 'home_leak', title: '楼上漏水', lon: 119.02, lat: 31.02, reporter_phone: '13800000000',
};

// What the statements return, in one transaction for somebody.
async function acting(identity, ...statements) {
	await app.query('BEGIN');
	try {
		await app.query('SELECT liskeban.act_as($1, true)', [identity]);
		const rows = [];
		for (const [text, ...values] of statements)
			rows.push((await app.query(text, values)).rows[0]);
		await app.query('COMMIT');
		return rows;
	} catch (error) {
		await app.query('ROLLBACK');
		throw error;
	}
}

async function refused(identity, ...statement) {
	return acting(identity, statement).then(() => assert.fail('not refused'), (error) => error);
}

async function main() {
	await app.connect();
	await bi.connect();
	const submit = ['SELECT * FROM liskeban.submit($1)', payload];
	const [first, again] = await acting('hall', submit, submit);
	const ticket = first.ticket_id;
	assert.strictEqual(typeof ticket, 'string');
	console.log('submit', first.outcome);
	console.log('again', again.outcome);

	const [accept, dispatch, t] = await acting('desk', ['SELECT liskeban.accept($1) AS seq', ticket],
		['SELECT liskeban.dispatch($1, $2) AS seq', ticket, '320117001001'],
		['SELECT resolve_due, responsible_area, state FROM liskeban.ticket WHERE ticket_id = $1', ticket]);
	assert.deepStrictEqual([t.responsible_area, t.state], ['320117001001', 'dispatched']);
	console.log('accept', accept.seq);
	console.log('dispatch', dispatch.seq);
	console.log('due', t.resolve_due.toISOString().replace('.000', ''));
	const [arrive, resolve] = await acting('zhang',
		['SELECT liskeban.arrive($1, proof => $2, geom => ST_SetSRID(ST_MakePoint($3, $4), 4490)) AS seq', ticket, 'gps', 119.02, 31.02],
		['SELECT liskeban.resolve($1, $2, $3) AS seq', ticket, '换了水管', '已修好']);
	console.log('arrive', arrive.seq);
	console.log('resolve', resolve.seq);

	const twice = await refused('desk', 'SELECT liskeban.accept($1)', ticket);
	assert.match(twice.hint, /^From "resolved" it may go to/);
	console.log('twice', twice.code);
	console.log('stranger', (await refused('li', 'SELECT liskeban.arrive($1)', ticket)).code);
	console.log('nobody', (await refused(null, ...submit)).code);

	const events = await bi.query('SELECT to_state FROM liskeban_report.event WHERE ticket_id = $1 ORDER BY seq', [ticket]);
	console.log('events', events.rows.map((e) => e.to_state).join(','));
	// an array of an enum comes and goes as an array once it is cast
	const k = (await bi.query('SELECT * FROM liskeban.kpi($1, $1, $2, kinds => $3)', ['2024-10-28', 'district', ['demand', 'service']])).rows[0];
	console.log('kpi', k.key, k.name, k.received, k.completion_num, Number(k.completion).toFixed(1));
	const row = (await bi.query('SELECT * FROM liskeban_report.ticket WHERE ticket_id = $1', [ticket])).rows[0];
	assert.deepStrictEqual(row.co_departments, []);
	console.log('ticket', row.category_name, row.village_name, row.state, row.received_day);
}

main().finally(() => Promise.all([app.end(), bi.end()]));
