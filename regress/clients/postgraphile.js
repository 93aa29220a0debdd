// PostGraphile 4: GraphQL over liskeban for the application and over liskeban_report for a dashboard, asked by HTTP. Each
// request is a transaction, in which the hook acts for whom the gateway names: here a header that only it can send.
'use strict';
const assert = require('assert');
const http = require('http');
const path = require('path');
const { Pool } = require('pg');
const { postgraphile, makePluginHook } = require('postgraphile');
const { makePgSmartTagsFromFilePlugin } = require('postgraphile/plugins');

const actFor = {
	withPostGraphileContext: (next) => (options, callback) => next(options, async (context) => {
		const identity = options.pgSettings['app.identity'];
		if (identity)
			await context.pgClient.query('SELECT liskeban.act_as($1, true)', [identity]);
		return callback(context);
	}),
};

function serve(user, schema) {
	const server = http.createServer(postgraphile(new Pool({ user }), schema, {
		appendPlugins: schema === 'liskeban' ? [makePgSmartTagsFromFilePlugin(path.join(__dirname, 'postgraphile.tags.json5'))] : [],
		pluginHook: makePluginHook([actFor]),
		// a setting, even an empty one, makes it a transaction
		pgSettings: (request) => ({ 'app.identity': request.headers['x-identity'] || '' }),
		ignoreRBAC: false, dynamicJson: true, disableQueryLog: true, setofFunctionsContainNulls: false,
		extendedErrors: ['errcode', 'hint', 'detail'],
	}));
	return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function ask(server, identity, query, variables = {}) {
	const answer = await fetch(`http://127.0.0.1:${server.address().port}/graphql`, {
		method: 'POST', headers: { 'content-type': 'application/json', 'x-identity': identity }, body: JSON.stringify({ query, variables }),
	});
	return answer.json();
}

async function data(...asked) {
	const answer = await ask(...asked);
	assert.ok(!answer.errors, JSON.stringify(answer.errors));
	return answer.data;
}

async function refused(...asked) {
	const { errors } = await ask(...asked);
	assert.ok(errors, 'not refused');
	return errors[0];
}

async function main() {
	const app = await serve('app', 'liskeban');
	const bi = await serve('bi', 'liskeban_report');
	const submit = 'mutation ($request: JSON!) { submit(input: {request: $request}) { result { ticketId outcome } } }';
	const request = {
		source: 'hotline_12345', external_id: 'A-1', category: 'home_leak', title: '楼上漏水', lon: 119.02, lat: 31.02, reporter_phone: '13800000000',
	};
	const first = (await data(app, 'hall', submit, { request })).submit.result;
	const id = first.ticketId;
	console.log('submit', first.outcome);
	console.log('again', (await data(app, 'hall', submit, { request })).submit.result.outcome);
	console.log('accept', (await data(app, 'desk', 'mutation ($id: BigInt!) { accept(input: {ticketId: $id}) { integer } }', { id })).accept.integer);
	console.log('dispatch', (await data(app, 'desk', 'mutation ($id: BigInt!) { dispatch(input: {ticketId: $id, responsibleArea: "320117001001"}) { integer } }', { id })).dispatch.integer);
	const t = (await data(app, 'desk', 'query ($id: BigInt!) { ticketByTicketId(ticketId: $id) { resolveDue responsibleArea state } }', { id })).ticketByTicketId;
	assert.deepStrictEqual([t.responsibleArea, t.state], ['320117001001', 'DISPATCHED']);
	console.log('due', new Date(t.resolveDue).toISOString().replace('.000', ''));
	console.log('arrive', (await data(app, 'zhang',
		'mutation ($id: BigInt!) { arrive(input: {ticketId: $id, proof: "gps", geom: "SRID=4490;POINT(119.02 31.02)"}) { integer } }', { id })).arrive.integer);
	console.log('resolve', (await data(app, 'zhang',
		'mutation ($id: BigInt!) { resolve(input: {ticketId: $id, resolution: "换了水管", reply: "已修好"}) { integer } }', { id })).resolve.integer);
	const twice = await refused(app, 'desk', 'mutation ($id: BigInt!) { accept(input: {ticketId: $id}) { integer } }', { id });
	assert.match(twice.hint, /^From "resolved" it may go to/);
	console.log('twice', twice.errcode);
	console.log('stranger', (await refused(app, 'li', 'mutation ($id: BigInt!) { arrive(input: {ticketId: $id}) { integer } }', { id })).errcode);
	console.log('nobody', (await refused(app, '', submit, { request })).errcode);

	const events = (await data(bi, '', 'query ($id: BigInt!) { allEvents(condition: {ticketId: $id}, orderBy: SEQ_ASC) { nodes { toState } } }', { id })).allEvents;
	console.log('events', events.nodes.map((e) => e.toState).join(','));
	const k = (await data(app, 'desk', `{ kpi(fromDay: "2024-10-28", toDay: "2024-10-28", by: "district", kinds: [DEMAND, SERVICE]) {
		nodes { key name received completionNum completion } } }`)).kpi.nodes[0];
	console.log('kpi', k.key, k.name, k.received, k.completionNum, Number(k.completion).toFixed(1));
	const row = (await data(bi, '', '{ allTickets { nodes { categoryName villageName state receivedDay coDepartments } } }')).allTickets.nodes[0];
	console.log('ticket', row.categoryName, row.villageName, row.state, row.receivedDay);
}

main().then(() => process.exit(0), (error) => {
	console.error(error);
	process.exit(1);
});
