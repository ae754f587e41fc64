using System.Globalization;

namespace Ksmg.Cli.Runs;

/// <summary>
/// One line per event, for logs and pipes; JSON lines with <c>--json</c>. A resumed run tells its story from the beginning; what happened
/// before <paramref name="since"/> was printed then.
/// </summary>
internal sealed class LineView(Output output, TimeProvider time, DateTimeOffset since) : IRunView
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);
    private long? lastProgress;
    private string? lastWait;

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

        if (upgradeEvent.Kind == UpgradeEventKind.StepProgress)
        {
            if (lastProgress is { } last && time.GetElapsedTime(last) < ProgressInterval)
            {
                return;
            }

            lastProgress = time.GetTimestamp();
        }

        // A wait is polled; it is worth a line when something about it has changed.
        string? wait = upgradeEvent.Kind == UpgradeEventKind.Waiting ? upgradeEvent.Node + upgradeEvent.Text : null;
        if (wait is null || wait != lastWait)
        {
            output.Say(Format(upgradeEvent));
        }

        lastWait = wait ?? lastWait;
    }

    public void Notice(string text) => output.Say(text);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static string Format(UpgradeEvent e) =>
        string.Create(CultureInfo.InvariantCulture, $"{e.At.ToLocalTime():HH:mm:ss}  {e.Node ?? "run",-6}  {e.Step,-3}  {e.Text}");
}
