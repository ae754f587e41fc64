using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>An explanation in words.</summary>
internal static class ExplanationText
{
    public static string Render(UpgradeExplanation explanation, Func<HumanOption, string>? howTo)
    {
        StringBuilder text = new();
        Line(text, "explain.head", explanation.RunId, Words.Get($"report.end.{explanation.State}"), explanation.Since);
        Line(text, "explain.reason", explanation.Reason);
        Line(text, explanation.Holder is null ? "explain.nobody" : "explain.holder", explanation.Holder);
        PendingText.Append(text, explanation.Pending);
        foreach (ExplainedStep step in explanation.Steps)
        {
            string until = step.Until is { } time ? Words.Get("explain.until", time) : string.Empty;
            string key = step.Node is null ? "explain.step-of-run" : "explain.step";
            Line(text, key, Words.Get($"explain.{step.What}"), step.Id, step.Id.InWords(), step.Node, step.Since, until);
            Line(text, "explain.why", step.Text);
        }

        Section(text, "explain.evidence", [.. explanation.Evidence.Select(e => e.Shown)]);
        // A command stands on a line of its own, so that the line can be pasted.
        Section(text, "explain.options", [.. explanation.Options.SelectMany(o => howTo is null ? [o.Text] : new string[] { o.Text, "  " + howTo(o) })]);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            text.Append('\n');
            Line(text, title);
        }

        foreach (string line in lines)
        {
            text.Append("  ").Append(Words.OneLine(line)).Append('\n');
        }
    }

    private static void Line(StringBuilder text, string key, params ReadOnlySpan<object?> arguments) =>
        text.Append(Words.OneLine(Words.Get(key, arguments))).Append('\n');
}
