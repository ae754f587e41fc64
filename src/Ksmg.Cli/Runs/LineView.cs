using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>
/// One line per event, for logs and pipes; JSON lines with <c>--json</c>. A resumed run tells its story from the beginning; what happened
/// before <paramref name="since"/> was printed then.
/// </summary>
internal sealed class LineView(Output output, TimeProvider time, DateTimeOffset since) : IRunView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly Dictionary<(string? Node, string? Step), (string Text, long At)> waits = [];

    public void Show(UpgradeEvent upgradeEvent)
    {
        if (upgradeEvent.At < since)
        {
            return;
        }

        if (output.IsJson)
        {
            output.Json(upgradeEvent);
            return;
        }

        if (upgradeEvent.Kind is not (UpgradeEventKind.StepProgress or UpgradeEventKind.Waiting) || IsNews(upgradeEvent))
        {
            output.Say(Format(upgradeEvent));
        }
    }

    /// <summary>Waits and progress are polled: a line when something has changed, and not more than one every few seconds.</summary>
    private bool IsNews(UpgradeEvent upgradeEvent)
    {
        var key = (upgradeEvent.Node, upgradeEvent.Step);
        if (waits.TryGetValue(key, out var last) && (last.Text == upgradeEvent.Text || time.GetElapsedTime(last.At) < Interval))
        {
            return false;
        }

        waits[key] = (upgradeEvent.Text, time.GetTimestamp());
        return true;
    }

    public void Notice(string text) => output.Say(text);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static string Format(UpgradeEvent e) =>
        string.Create(CultureInfo.InvariantCulture, $"{e.At.ToLocalTime():HH:mm:ss}  {e.Node ?? "run",-6}  {e.Step,-3}  {e.Text}");
}
