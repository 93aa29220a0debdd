import java.sql.*;
import java.time.*;
import java.util.*;

/**
 * JDBC, as an application uses it and as Metabase looks around with DatabaseMetaData. A string goes as varchar, which
 * PostgreSQL makes neither an area_code nor a jsonb nor an enum: a cast in the statement, or stringtype=unspecified. JDBC_OPTIONS is
 * added to the URL: prepareThreshold=0 behind a transaction pooler, which does not know of prepared statements.
 */
public class Jdbc {
	static final String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE")
		+ "?ApplicationName=jdbc" + (System.getenv("JDBC_OPTIONS") == null ? "" : "&" + System.getenv("JDBC_OPTIONS"));
	static final String payload = "{\"source\": \"hotline_12345\", \"external_id\": \"A-1\", \"category\": \"home_leak\", \"title\": \"楼上漏水\","
		+ " \"lon\": 119.02, \"lat\": 31.02, \"reporter_phone\": \"13800000000\"}";
	static Connection app;

	interface Work {
		void run() throws SQLException;
	}

	static void check(boolean holds, Object what) {
		if (!holds)
			throw new AssertionError(what);
	}

	/** One value of one row. */
	static Object one(Connection on, String sql, Object... given) throws SQLException {
		try (PreparedStatement s = on.prepareStatement(sql)) {
			for (int i = 0; i < given.length; i++)
				s.setObject(i + 1, given[i]);
			try (ResultSet r = s.executeQuery()) {
				check(r.next(), sql);
				return r.getObject(1);
			}
		}
	}

	/** Runs work in one transaction for somebody. */
	static void acting(String identity, Work work) throws SQLException {
		try {
			one(app, "SELECT 1 FROM liskeban.act_as(?, true)", identity);
			work.run();
			app.commit();
		} catch (SQLException e) {
			app.rollback();
			throw e;
		}
	}

	static SQLException refused(String identity, Work work) {
		try {
			acting(identity, work);
		} catch (SQLException e) {
			return e;
		}
		throw new AssertionError("not refused");
	}

	public static void main(String[] args) throws SQLException {
		app = DriverManager.getConnection(url, "app", "");
		app.setAutoCommit(false);
		Connection bi = DriverManager.getConnection(url, "bi", "");
		long[] ticket = new long[1];

		acting("hall", () -> {
			try (PreparedStatement s = app.prepareStatement("SELECT ticket_id, outcome FROM liskeban.submit(?::jsonb)")) {
				for (String step : List.of("submit", "again")) {
					s.setString(1, payload);
					try (ResultSet r = s.executeQuery()) {
						check(r.next(), step);
						ticket[0] = r.getLong("ticket_id");
						System.out.println(step + " " + r.getString("outcome"));
					}
				}
			}
		});
		acting("desk", () -> {
			// the standard's escape for calls, which names no types
			try (CallableStatement s = app.prepareCall("{? = call liskeban.accept(?)}")) {
				s.registerOutParameter(1, Types.INTEGER);
				s.setLong(2, ticket[0]);
				s.execute();
				System.out.println("accept " + s.getInt(1));
			}
			System.out.println("dispatch " + one(app, "SELECT liskeban.dispatch(?, ?::liskeban.area_code)", ticket[0], "320117001001"));
			try (PreparedStatement s = app.prepareStatement("SELECT resolve_due, responsible_area, state FROM liskeban.ticket WHERE ticket_id = ?")) {
				s.setLong(1, ticket[0]);
				ResultSet r = s.executeQuery();
				check(r.next(), "ticket");
				System.out.println("due " + r.getObject(1, OffsetDateTime.class).toInstant());
				check(r.getString(2).equals("320117001001") && r.getString(3).equals("dispatched"), r.getString(2));
			}
		});
		acting("zhang", () -> {
			System.out.println("arrive " + one(app, "SELECT liskeban.arrive(?, ?, ST_SetSRID(ST_MakePoint(?, ?), 4490))", ticket[0], "gps", 119.02, 31.02));
			System.out.println("resolve " + one(app, "SELECT liskeban.resolve(?, ?, reply => ?)", ticket[0], "换了水管", "已修好"));
		});
		System.out.println("twice " + refused("desk", () -> one(app, "SELECT liskeban.accept(?)", ticket[0])).getSQLState());
		System.out.println("stranger " + refused("li", () -> one(app, "SELECT liskeban.arrive(?)", ticket[0])).getSQLState());
		System.out.println("nobody " + refused(null, () -> one(app, "SELECT outcome FROM liskeban.submit(?::jsonb)", payload)).getSQLState());

		System.out.println("events " + one(bi, "SELECT string_agg(to_state, ',' ORDER BY seq) FROM liskeban_report.event WHERE ticket_id = ?", ticket[0]));
		try (PreparedStatement s = bi.prepareStatement("SELECT * FROM liskeban.kpi(?, ?, ?, kinds => ?::liskeban.ticket_kind[])")) {
			s.setObject(1, LocalDate.of(2024, 10, 28));
			s.setObject(2, LocalDate.of(2024, 10, 28));
			s.setString(3, "district");
			s.setArray(4, bi.createArrayOf("text", new String[] {"demand", "service"}));
			ResultSet r = s.executeQuery();
			check(r.next(), "kpi");
			System.out.println("kpi " + r.getString("key") + " " + r.getString("name") + " " + r.getLong("received") + " " + r.getLong("completion_num")
				+ " " + r.getBigDecimal("completion").setScale(1));
		}
		try (Statement s = bi.createStatement(); ResultSet r = s.executeQuery("SELECT * FROM liskeban_report.ticket")) {
			check(r.next(), "ticket");
			System.out.println("ticket " + r.getString("category_name") + " " + r.getString("village_name") + " " + r.getString("state") + " "
				+ r.getObject("received_day", LocalDate.class));
		}
		metadata(bi);

		// without a cast in any statement
		try (Connection loose = DriverManager.getConnection(url + "&stringtype=unspecified", "app", "")) {
			loose.setAutoCommit(false);
			one(loose, "SELECT 1 FROM liskeban.act_as(?, true)", "hall");
			check("existing".equals(one(loose, "SELECT outcome FROM liskeban.submit(?)", payload)), "stringtype=unspecified");
			one(loose, "SELECT 1 FROM liskeban.act_as(?, true)", "desk");
			check(((Number) one(loose, "SELECT count(*) FROM liskeban.ticket WHERE responsible_area OPERATOR(liskeban.<@) ? AND state = ?", "320117001",
				"resolved")).intValue() == 1, "area_code from a string");
		}
	}

	/** What a BI tool asks on its first sync. */
	static void metadata(Connection bi) throws SQLException {
		DatabaseMetaData meta = bi.getMetaData();
		List<String> views = new ArrayList<>();
		Set<String> others = new TreeSet<>();

		try (ResultSet r = meta.getTables(null, "liskeban_report", "%", new String[] {"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE"})) {
			while (r.next()) {
				views.add(r.getString("TABLE_NAME"));
				check(r.getString("REMARKS") != null, r.getString("TABLE_NAME") + " has no remarks");
			}
		}
		check(views.size() > 20, views);
		for (String view : views) {
			int columns = 0;
			try (ResultSet r = meta.getColumns(null, "liskeban_report", view, "%")) {
				while (r.next()) {
					columns++;
					check(r.getString("REMARKS") != null, view + "." + r.getString("COLUMN_NAME") + " has no remarks");
					if (r.getInt("DATA_TYPE") == Types.OTHER)
						others.add(r.getString("TYPE_NAME"));
				}
			}
			check(columns > 0, view);
			try (ResultSet r = meta.getPrimaryKeys(null, "liskeban_report", view)) {
				check(!r.next(), view + " has a primary key, as no view has");
			}
			try (Statement s = bi.createStatement(); ResultSet r = s.executeQuery("SELECT * FROM liskeban_report.\"" + view + "\" LIMIT 1")) {
				check(r.getMetaData().getColumnCount() == columns, view);
			}
		}
		check(Set.of("geometry", "jsonb").containsAll(others), others);
		try (ResultSet r = meta.getFunctions(null, "liskeban", "kpi")) {
			check(r.next(), "kpi");
		}
		try (ResultSet r = meta.getFunctionColumns(null, "liskeban", "kpi", "%")) {
			check(r.next(), "columns of kpi");
		}
		// tables have keys and foreign keys
		try (ResultSet r = meta.getPrimaryKeys(null, "liskeban", "ticket")) {
			check(r.next() && r.getString("COLUMN_NAME").equals("ticket_id"), "key of ticket");
		}
		try (ResultSet r = meta.getImportedKeys(null, "liskeban", "membership")) {
			Set<String> to = new TreeSet<>();
			while (r.next())
				to.add(r.getString("PKTABLE_NAME"));
			check(to.containsAll(Set.of("area", "department", "source_system")), to);
		}
	}
}
