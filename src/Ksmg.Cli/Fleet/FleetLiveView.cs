using Ksmg.Sdk.Fleet;
using Spectre.Console;

namespace Ksmg.Cli.Fleet;

/// <summary>The fleet on a terminal, drawn anew when something is told of it.</summary>
internal sealed class FleetLiveView : IFleetView
{
    /// <summary>So many lines of the screen are left for what is said when the view has ended.</summary>
    private const int LastWords = 8;

    private static readonly TimeSpan FrameInterval = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _ansi;
    private readonly ReaderClock _clock;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;
    private volatile FleetReport? _report;
    private volatile string? _notice;
    private int _isDisposed;

    public FleetLiveView(IAnsiConsole ansi, TimeProvider time)
    {
        (_ansi, _time, _clock) = (ansi, time, new ReaderClock(time));
        _drawing = ansi.Live(Draw()).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).StartAsync(DrawLoopAsync);
    }

    public void Show(FleetReport report) => _report = report;

    public void Notice(string text) => _notice = text;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _end.CancelAsync().ConfigureAwait(false);
        await _drawing.ConfigureAwait(false);
        _ansi.Write(Draw(LastWords));
        _ansi.WriteLine();
        _end.Dispose();
    }

    private async Task DrawLoopAsync(LiveDisplayContext context)
    {
        using PeriodicTimer timer = new(FrameInterval, _time);
        try
        {
            do
            {
                context.UpdateTarget(Draw());
            }
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The view ends.
        }
    }

    private ScreenLines Draw(int less = 0) => new(
        _report is { } report ? FleetScreen.Draw(report, _notice, _clock, _ansi.Profile.Width, _ansi.Profile.Height - less) : []);
}
