using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Two runs side by side in words: a line for each fact, then one for each step.</summary>
internal static class ComparisonText
{
    private const string Nothing = "-";

    public static string Render(ReportComparison comparison)
    {
        (ComparedRun left, ComparedRun right) = (comparison.Left, comparison.Right);
        StringBuilder text = new();
        Line(text, string.Empty, left.RunId, right.RunId);
        (string Key, object? Left, object? Right)[] facts =
        [
            ("cluster", left.Cluster, right.Cluster),
            ("from", left.From, right.From),
            ("to", left.To, right.To),
            ("end", Words.Get($"report.end.{left.End}"), Words.Get($"report.end.{right.End}")),
            ("started", left.StartedAt, right.StartedAt),
            ("took", left.Took, right.Took),
            ("stood-still", left.StoodStill, right.StoodStill),
            ("fewest-serving", left.FewestServing, right.FewestServing),
            ("problems", left.Problems.Count, right.Problems.Count),
        ];
        foreach ((string key, object? one, object? other) in facts)
        {
            Line(text, Words.Get($"report.html.{key}"), Show(one), Show(other));
        }

        Problems(text, left);
        Problems(text, right);
        foreach (IGrouping<string?, ComparedStep> owner in comparison.Steps.GroupBy(s => s.Node, StringComparer.Ordinal))
        {
            text.Append('\n').Append(Words.OneLine(owner.Key ?? Words.Get("report.run"))).Append('\n');
            foreach (ComparedStep step in owner)
            {
                string difference = step is { Left: { } one, Right: { } other } ? Difference(other - one) : string.Empty;
                Line(text, $"  {step.Id,-5}{(string)step.Id.InWords()}", Show(step.Left), Show(step.Right), difference);
            }
        }

        return text.ToString();
    }

    private static void Problems(StringBuilder text, ComparedRun run)
    {
        foreach (Message problem in run.Problems)
        {
            text.Append(Words.OneLine(Words.Get("report.comparison-problem", run.RunId, problem))).Append('\n');
        }
    }

    private static string Show(object? value) => value is null ? Nothing : Words.Get("said", value);

    private static string Difference(TimeSpan difference) =>
        difference == TimeSpan.Zero ? "=" : (difference > TimeSpan.Zero ? "+" : "-") + Words.Get("said", difference.Duration());

    private static void Line(StringBuilder text, string what, string left, string right, string difference = "")
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{what,-52} {left,-22} {right,-22} {difference}");
        text.Append(Words.OneLine(line).TrimEnd()).Append('\n');
    }
}
