/*
 * policy_rule.c: a policy's eligibility, an expression of PostgreSQL's own jsonpath over the facts of a resident: which
 * attributes it reads, the conditions it is made of, and how each is said in Chinese.
 *
 * A rule is a predicate.  Every "$" in it is followed by the name of an attribute, so that what it reads can be told from
 * its text: no "$.*", no "$" as a whole, no variables.  Nor does it reckon with dates: .datetime() depends on the session's
 * zone, and raises where a rule should be unknown; the time that has passed since a date is a fact of its own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/jsonpath.h"

#include "liskeban.h"

PG_FUNCTION_INFO_V1(rule_attributes);
PG_FUNCTION_INFO_V1(rule_conditions);
PG_FUNCTION_INFO_V1(rule_text);

/* ---- what it reads ---- */

static void
attributes_add(List **attributes, JsonPathItem *key)
{
	char	   *name = jspGetString(key, NULL);
	ListCell   *cell;

	foreach(cell, *attributes)
		if (strcmp(lfirst(cell), name) == 0)
			return;
	*attributes = lappend(*attributes, name);
}

static void
refuse_rule(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the expression is no rule of a policy"),
			 errdetail_internal("%s", detail),
			 errhint("A rule is a predicate over $.attribute, such as $.age >= 80 && $.local == true.")));
}

/* Gather the attributes that an item, and what follows it, reads; 22023 for what no rule may have. */
static void
walk_item(JsonPathItem *item, List **attributes)
{
	JsonPathItem arg;
	JsonPathItem next;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (item->type)
	{
		case jpiRoot:
			if (!jspGetNext(item, &next) || next.type != jpiKey)
				refuse_rule(_("It reads all that is known of a person, not an attribute."));
			attributes_add(attributes, &next);
			break;
		case jpiVariable:
			refuse_rule(_("It has a variable."));
			break;
		case jpiDatetime:
			refuse_rule(_("It reckons with dates by .datetime()."));
			break;
		case jpiAnd:
		case jpiOr:
		case jpiEqual:
		case jpiNotEqual:
		case jpiLess:
		case jpiGreater:
		case jpiLessOrEqual:
		case jpiGreaterOrEqual:
		case jpiAdd:
		case jpiSub:
		case jpiMul:
		case jpiDiv:
		case jpiMod:
		case jpiStartsWith:
			jspGetLeftArg(item, &arg);
			walk_item(&arg, attributes);
			jspGetRightArg(item, &arg);
			walk_item(&arg, attributes);
			break;
		case jpiNot:
		case jpiIsUnknown:
		case jpiPlus:
		case jpiMinus:
		case jpiExists:
		case jpiFilter:
			jspGetArg(item, &arg);
			walk_item(&arg, attributes);
			break;
		case jpiLikeRegex:
			jspInitByBuffer(&arg, item->base, item->content.like_regex.expr);
			walk_item(&arg, attributes);
			break;
		case jpiIndexArray:
			for (int i = 0; i < item->content.array.nelems; i++)
			{
				JsonPathItem to;
				bool		range = jspGetArraySubscript(item, &arg, &to, i);

				walk_item(&arg, attributes);
				if (range)
					walk_item(&to, attributes);
			}
			break;
		default:
			break;
	}
	if (jspGetNext(item, &next))
		walk_item(&next, attributes);
}

static bool
is_predicate(JsonPathItem *item)
{
	switch (item->type)
	{
		case jpiAnd:
		case jpiOr:
		case jpiNot:
		case jpiIsUnknown:
		case jpiEqual:
		case jpiNotEqual:
		case jpiLess:
		case jpiGreater:
		case jpiLessOrEqual:
		case jpiGreaterOrEqual:
		case jpiExists:
		case jpiStartsWith:
		case jpiLikeRegex:
			return !jspHasNext(item);
		default:
			return false;
	}
}

/*
 * _rule_attributes(rule jsonpath) returns text[]: the attributes that it reads, in the order of the text; 22023 where it is
 * no rule.
 */
Datum
rule_attributes(PG_FUNCTION_ARGS)
{
	JsonPath   *rule = PG_GETARG_JSONPATH_P(0);
	JsonPathItem root;
	List	   *attributes = NIL;
	Datum	   *names;
	ListCell   *cell;
	int			n = 0;

	jspInit(&root, rule);
	if (!is_predicate(&root))
		refuse_rule(_("It is no predicate: it gives a value, not whether something is so."));
	walk_item(&root, &attributes);
	if (attributes == NIL)
		refuse_rule(_("It reads no attribute."));
	names = palloc(list_length(attributes) * sizeof(Datum));
	foreach(cell, attributes)
		names[n++] = CStringGetTextDatum(lfirst(cell));
	PG_RETURN_ARRAYTYPE_P(construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---- the conditions that must all hold ---- */

/* Where in a conjunction as jsonpath_out prints it, without its brackets, the last "&&" between its parts stands. */
static char *
last_and(char *start, char *end)
{
	int			depth = 0;
	bool		quoted = false;
	char	   *found = NULL;

	for (char *c = start; c < end; c++)
	{
		if (quoted && *c == '\\')
			c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (!quoted && *c == '(')
			depth++;
		else if (!quoted && *c == ')')
			depth--;
		else if (!quoted && depth == 0 && c[0] == '&' && c + 1 < end && c[1] == '&')
			found = c++;
	}
	return found;
}

/* Append the parts of item, whose text lies from start to end, in their order. */
static void
split_and(JsonPathItem *item, char *start, char *end, bool strict, List **parts)
{
	check_stack_depth();
	if (item->type == jpiAnd)
	{
		JsonPathItem left;
		JsonPathItem right;
		char	   *and;

		if (*start == '(')
		{
			start++;
			end--;
		}
		and = last_and(start, end);
		if (and == NULL)
			elog(ERROR, "a jsonpath is not printed as it is read");
		jspGetLeftArg(item, &left);
		jspGetRightArg(item, &right);
		split_and(&left, start, and - 1, strict, parts);
		split_and(&right, and + 3, end, strict, parts);
	}
	else
	{
		char	   *part = psprintf("%s%.*s", strict ? "strict " : "", (int) (end - start), start);

		*parts = lappend(*parts, DatumGetPointer(DirectFunctionCall1(jsonpath_in, CStringGetDatum(part))));
	}
}

/* _rule_conditions(rule jsonpath) returns jsonpath[]: the rule is that all of these hold. */
Datum
rule_conditions(PG_FUNCTION_ARGS)
{
	JsonPath   *rule = PG_GETARG_JSONPATH_P(0);
	char	   *printed = DatumGetCString(DirectFunctionCall1(jsonpath_out, PointerGetDatum(rule)));
	bool		strict = strncmp(printed, "strict ", 7) == 0;
	char	   *start = printed + (strict ? 7 : 0);
	JsonPathItem root;
	List	   *parts = NIL;
	Datum	   *conditions;
	ListCell   *cell;
	int			n = 0;

	jspInit(&root, rule);
	split_and(&root, start, start + strlen(start), strict, &parts);
	conditions = palloc(list_length(parts) * sizeof(Datum));
	foreach(cell, parts)
		conditions[n++] = PointerGetDatum(lfirst(cell));
	PG_RETURN_ARRAYTYPE_P(construct_array(conditions, n, JSONPATHOID, -1, false, TYPALIGN_INT));
}

/* ---- the same in words ---- */

typedef struct RuleWords
{
	StringInfoData out;
	JsonbContainer *words;		/* of each attribute: name, kind, unit, values */
} RuleWords;

static void say_item(RuleWords *say, JsonPathItem *item, const char *of, bool inner);

/* The word of an attribute under key; NULL where there is none. */
static char *
attribute_word(RuleWords *say, const char *attribute, const char *key, const char *value)
{
	JsonbValue	entry;
	JsonbValue	word;

	if (attribute == NULL || getKeyJsonValueFromContainer(say->words, attribute, strlen(attribute), &entry) == NULL ||
		entry.type != jbvBinary ||
		getKeyJsonValueFromContainer(entry.val.binary.data, key, strlen(key), &word) == NULL)
		return NULL;
	if (value != NULL)
	{
		if (word.type != jbvBinary ||
			getKeyJsonValueFromContainer(word.val.binary.data, value, strlen(value), &entry) == NULL)
			return NULL;
		word = entry;
	}
	return word.type == jbvString ? pnstrdup(word.val.string.val, word.val.string.len) : NULL;
}

/* The attribute that a path begins with; NULL of everything else. */
static char *
path_attribute(JsonPathItem *item)
{
	JsonPathItem next;

	if (item->type == jpiRoot && jspGetNext(item, &next) && next.type == jpiKey)
		return jspGetString(&next, NULL);
	return NULL;
}

/* The attribute that is the whole of a path. */
static char *
only_attribute(JsonPathItem *item)
{
	JsonPathItem key;

	if (item->type == jpiRoot && jspGetNext(item, &key) && key.type == jpiKey && !jspHasNext(&key))
		return jspGetString(&key, NULL);
	return NULL;
}

/* What is said of an attribute that is true, or false, where its words say it. */
static bool
say_truth(RuleWords *say, JsonPathItem *item)
{
	JsonPathItem left;
	JsonPathItem right;
	char	   *attribute;
	char	   *word;

	jspGetLeftArg(item, &left);
	jspGetRightArg(item, &right);
	attribute = only_attribute(&left);
	if (attribute == NULL || right.type != jpiBool ||
		(word = attribute_word(say, attribute, "values", jspGetBool(&right) ? "true" : "false")) == NULL)
		return false;
	if (item->type == jpiNotEqual)
		appendStringInfo(&say->out, "并非（%s）", word);
	else
		appendStringInfoString(&say->out, word);
	return true;
}

/* Of what passes with time one says that so much of it is full. */
static const char *
passing_sign(RuleWords *say, JsonPathItem *item, const char *full, const char *plain)
{
	JsonPathItem left;
	char	   *kind;

	jspGetLeftArg(item, &left);
	kind = attribute_word(say, only_attribute(&left), "kind", NULL);
	return kind != NULL && strcmp(kind, "passed") == 0 ? full : plain;
}

/* A literal as the attribute beside it calls its values. */
static void
say_literal(RuleWords *say, JsonPathItem *item, const char *of)
{
	char	   *value;
	char	   *word;

	switch (item->type)
	{
		case jpiNull:
			appendStringInfoString(&say->out, "空");
			return;
		case jpiBool:
			appendStringInfoString(&say->out, jspGetBool(item) ? "是" : "否");
			return;
		case jpiNumeric:
			value = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(jspGetNumeric(item))));
			break;
		default:
			value = jspGetString(item, NULL);
			break;
	}
	word = attribute_word(say, of, "values", value);
	if (word != NULL)
		appendStringInfo(&say->out, "“%s”", word);
	else if (item->type == jpiString)
		appendStringInfo(&say->out, "“%s”", value);
	else
	{
		appendStringInfoString(&say->out, value);
		word = attribute_word(say, of, "unit", NULL);
		if (word != NULL)
			appendStringInfoString(&say->out, word);
	}
}

static void
say_binary(RuleWords *say, JsonPathItem *item, const char *sign, const char *of, bool bracket)
{
	JsonPathItem left;
	JsonPathItem right;
	char	   *left_of;
	char	   *right_of;
	bool		chain = item->type == jpiAnd || item->type == jpiOr;

	jspGetLeftArg(item, &left);
	jspGetRightArg(item, &right);
	left_of = path_attribute(&left);
	right_of = path_attribute(&right);
	if (bracket)
		appendStringInfoString(&say->out, "（");
	/* one bracket is enough for A or B or C */
	say_item(say, &left, right_of ? right_of : of, !chain || left.type != item->type);
	appendStringInfoString(&say->out, sign);
	say_item(say, &right, left_of ? left_of : of, !chain || right.type != item->type);
	if (bracket)
		appendStringInfoString(&say->out, "）");
}

/* What follows a path: its keys and methods, as they are written, and filters in words. */
static void
say_rest(RuleWords *say, JsonPathItem *item, const char *of)
{
	JsonPathItem next = *item;
	JsonPathItem arg;

	while (jspGetNext(&next, &arg))
	{
		next = arg;
		switch (next.type)
		{
			case jpiKey:
				appendStringInfo(&say->out, "的%s", jspGetString(&next, NULL));
				break;
			case jpiFilter:
				jspGetArg(&next, &arg);
				appendStringInfoString(&say->out, "中");
				say_item(say, &arg, of, true);
				appendStringInfoString(&say->out, "的项");
				break;
			case jpiAnyArray:
				break;
			case jpiSize:
				appendStringInfoString(&say->out, "的项数");
				break;
			case jpiIndexArray:
				appendStringInfoString(&say->out, "的第某项");
				break;
			default:
				appendStringInfo(&say->out, "的%s", jspOperationName(next.type));
				break;
		}
	}
}

static void
say_item(RuleWords *say, JsonPathItem *item, const char *of, bool inner)
{
	JsonPathItem arg;
	JsonPathItem rest;
	char	   *attribute;
	char	   *word;

	check_stack_depth();
	switch (item->type)
	{
		case jpiAnd:
			say_binary(say, item, "，且", of, inner);
			return;
		case jpiOr:
			say_binary(say, item, "，或", of, inner);
			return;
		case jpiEqual:
			if (!say_truth(say, item))
				say_binary(say, item, "为", of, false);
			return;
		case jpiNotEqual:
			if (!say_truth(say, item))
				say_binary(say, item, "不为", of, false);
			return;
		case jpiLess:
			say_binary(say, item, passing_sign(say, item, "不满", "低于"), of, false);
			return;
		case jpiLessOrEqual:
			say_binary(say, item, "不超过", of, false);
			return;
		case jpiGreater:
			say_binary(say, item, "超过", of, false);
			return;
		case jpiGreaterOrEqual:
			say_binary(say, item, passing_sign(say, item, "满", "不低于"), of, false);
			return;
		case jpiAdd:
			say_binary(say, item, "＋", of, inner);
			break;
		case jpiSub:
			say_binary(say, item, "－", of, inner);
			break;
		case jpiMul:
			say_binary(say, item, "×", of, inner);
			break;
		case jpiDiv:
			say_binary(say, item, "÷", of, inner);
			break;
		case jpiMod:
			say_binary(say, item, "除余", of, inner);
			break;
		case jpiStartsWith:
			say_binary(say, item, "开头为", of, false);
			return;
		case jpiPlus:
		case jpiMinus:
			jspGetArg(item, &arg);
			appendStringInfoString(&say->out, item->type == jpiMinus ? "负" : "");
			say_item(say, &arg, of, true);
			break;
		case jpiNot:
		case jpiIsUnknown:
			jspGetArg(item, &arg);
			appendStringInfoString(&say->out, item->type == jpiNot ? "并非（" : "（");
			say_item(say, &arg, of, false);
			appendStringInfoString(&say->out, item->type == jpiNot ? "）" : "）不明");
			return;
		case jpiExists:
			jspGetArg(item, &arg);
			appendStringInfoString(&say->out, "有");
			say_item(say, &arg, of, true);
			if (only_attribute(&arg) != NULL)
				appendStringInfoString(&say->out, "的记载");
			return;
		case jpiLikeRegex:
			jspInitByBuffer(&arg, item->base, item->content.like_regex.expr);
			say_item(say, &arg, of, true);
			appendStringInfo(&say->out, "符合格式“%.*s”", item->content.like_regex.patternlen, item->content.like_regex.pattern);
			return;
		case jpiCurrent:
			appendStringInfoString(&say->out, "其值");
			break;
		case jpiRoot:
			attribute = path_attribute(item);
			if (attribute == NULL)
				refuse_rule(_("It reads all that is known of a person, not an attribute."));
			word = attribute_word(say, attribute, "name", NULL);
			appendStringInfoString(&say->out, word ? word : attribute);
			(void) jspGetNext(item, &rest);
			say_rest(say, &rest, attribute);
			return;
		default:
			say_literal(say, item, of);
			break;
	}
	say_rest(say, item, of);
}

/*
 * _rule_text(rule jsonpath, words jsonb) returns text: a condition in Chinese; words say of each attribute its name, its
 * kind, the unit of its numbers and what its values are called: {"age": {"name": "年龄", "kind": "passed", "unit": "周岁"}}.
 */
Datum
rule_text(PG_FUNCTION_ARGS)
{
	JsonPath   *rule = PG_GETARG_JSONPATH_P(0);
	Jsonb	   *words = PG_GETARG_JSONB_P(1);
	JsonPathItem root;
	RuleWords	say;

	initStringInfo(&say.out);
	say.words = &words->root;
	if (!JB_ROOT_IS_OBJECT(words))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("words must be a JSON object")));
	jspInit(&root, rule);
	say_item(&say, &root, NULL, false);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(say.out.data, say.out.len));
}
