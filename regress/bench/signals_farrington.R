# farringtonFlexible of R's surveillance on the same series.
#
#   Rscript signals_farrington.R series.csv ask.csv answer.csv CORES
#
# series.csv: town, category, day, n without zeros; ask.csv: town, category, day to judge. The answer has the p of each day
# (negative binomial plug-in, so it does not depend on alpha) and the alarm as Noufaily and others recommend it: alpha 0.01,
# ten periods, weights above 2.58, no alarm under 5 cases in the last 4 days.

suppressMessages(library(surveillance))
args <- commandArgs(trailingOnly = TRUE)
series <- read.csv(args[1])
ask <- read.csv(args[2])
first <- -760
last <- 365

key <- function(x) paste(x$town, x$category)
series <- series[key(series) %in% key(ask), c("town", "category", "day", "n")]
of_series <- split(series[c("day", "n")], key(series))

judge <- function(pair) {
	own <- of_series[[key(pair[1, ])]]
	counts <- integer(last - first + 1)
	if (!is.null(own)) counts[own$day - first + 1] <- own$n
	range <- sort(unique(pair$day)) - first + 1
	result <- suppressWarnings(farringtonFlexible(sts(counts, frequency = 365), control = list(
		range = range, b = 2, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1,
		weightsThreshold = 2.58, thresholdMethod = "nbPlugin", alpha = 0.01, glmWarnings = FALSE)))
	data.frame(town = pair$town[1], category = pair$category[1], day = range + first - 1,
		p = as.vector(result@control$pvalue), alarm = as.vector(result@alarm))
}

# it takes runs of days without a gap only
ask <- ask[order(ask$town, ask$category, ask$day), ]
pairs <- split(ask, cumsum(c(TRUE, diff(ask$day) != 1 | key(ask)[-1] != key(ask)[-nrow(ask)])))
answers <- parallel::mclapply(pairs, judge, mc.cores = as.integer(args[4]), mc.preschedule = FALSE)
failed <- vapply(answers, inherits, logical(1), "try-error")
if (any(failed)) stop(answers[[which(failed)[1]]])
write.csv(do.call(rbind, answers), args[3], row.names = FALSE, na = "")
