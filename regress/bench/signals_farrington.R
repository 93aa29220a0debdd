# farringtonFlexible of R's surveillance on the same series.
#
#   Rscript signals_farrington.R series.csv ask.csv answer.csv CORES MINUTES
#
# series.csv: town, category, day, n without zeros; ask.csv: town, category, day to judge, and whether it must be: those days
# come first, then the others series by series, in their order, until the minutes are over. The answer has the p of each day (negative binomial plug-in, so it does not
# depend on alpha) and the alarm as Noufaily and others recommend it: alpha 0.01, ten periods, weights above 2.58, no alarm
# under 5 cases in the last 4 days. Days that this last rule leaves no alarm on need not be asked for.

suppressMessages(library(surveillance))
args <- commandArgs(trailingOnly = TRUE)
series <- read.csv(args[1])
ask <- read.csv(args[2])
first <- -760
last <- 365

key <- function(x) paste(x$town, x$category)
of_series <- split(series[c("day", "n")], key(series))

# it takes runs of days without a gap only
judge_run <- function(counts, days) {
	range <- days - first + 1
	result <- suppressWarnings(farringtonFlexible(sts(counts, frequency = 365), control = list(
		range = range, b = 2, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1,
		weightsThreshold = 2.58, thresholdMethod = "nbPlugin", alpha = 0.01, glmWarnings = FALSE)))
	data.frame(day = days, p = as.vector(result@control$pvalue), alarm = as.vector(result@alarm))
}

judge <- function(asked) {
	own <- of_series[[key(asked[1, ])]]
	counts <- integer(last - first + 1)
	counts[own$day - first + 1] <- own$n
	days <- sort(unique(asked$day[!is.na(asked$day)]))
	if (!length(days)) return(NULL)
	runs <- split(days, cumsum(c(TRUE, diff(days) != 1)))
	cbind(asked[1, c("town", "category")], do.call(rbind, lapply(runs, function(run) judge_run(counts, run))), row.names = NULL)
}

# a row without a day says that all of the series was judged
judge_whole <- function(asked) {
	if (Sys.time() > until) return(NULL)
	rbind(cbind(asked[1, c("town", "category")], day = NA, p = NA, alarm = NA), judge(asked))
}

each <- function(asked, what) {
	answers <- parallel::mclapply(split(asked, factor(key(asked), unique(key(asked)))), what, mc.cores = as.integer(args[4]), mc.preschedule = FALSE)
	failed <- vapply(answers, inherits, logical(1), "try-error")
	if (any(failed)) stop(answers[[which(failed)[1]]])
	do.call(rbind, answers)
}
must <- ask$must == "t"
answers <- each(ask[must, ], judge)
until <- Sys.time() + 60 * as.numeric(args[5])
answers <- rbind(answers, each(ask[!must, ], judge_whole))
write.csv(answers, args[3], row.names = FALSE, na = "")
