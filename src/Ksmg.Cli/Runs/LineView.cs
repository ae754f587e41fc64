using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>
/// One line per event, for logs and pipes; JSON lines with <c>--json</c>. A resumed run tells its story from the beginning; what happened
/// before <paramref name="since"/> was printed then.
/// </summary>
internal sealed class LineView(Output output, TimeProvider time, DateTimeOffset since) : IRunView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>The run says each minute that the same wait goes on; a little less, so that none of these is lost.</summary>
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(55);
    private readonly Dictionary<(string? Node, StepId? Step), (string Text, long At)> waits = [];

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
            output.SayZone();
            output.Say(Format(upgradeEvent, output.Clock));
        }
    }

    /// <summary>Waits and progress are polled: a line when something has changed, and not more than one every few seconds.</summary>
    private bool IsNews(UpgradeEvent upgradeEvent)
    {
        var key = (upgradeEvent.Node, upgradeEvent.Step);
        if (waits.TryGetValue(key, out var last) && time.GetElapsedTime(last.At) < (last.Text == upgradeEvent.Text ? Repeat : Interval))
        {
            return false;
        }

        waits[key] = (upgradeEvent.Text, time.GetTimestamp());
        return true;
    }

    public void Notice(string text) => output.Say(text);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The line of an event. All its times are by one clock.</summary>
    public static string Format(UpgradeEvent e, ReaderClock clock) =>
        string.Create(CultureInfo.InvariantCulture, $"{clock.Time(e.At)}  {e.Node ?? Words.Get("run.itself"),-6}  {e.Step,-3}  {clock.Say(e.Text)}{Left(e)}");

    /// <summary>How long a wait may still take.</summary>
    private static string Left(UpgradeEvent e) =>
        e.Kind == UpgradeEventKind.Waiting
        && DateTimeOffset.TryParse(e.Values.GetValueOrDefault("until"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset until)
        && until > e.At
            ? Words.Get("run.left", Units.Duration(until - e.At))
            : string.Empty;
}
