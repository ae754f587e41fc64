using Ksmg.Simulator;
using Spectre.Console;

namespace Ksmg.Cli.Runs;

/// <summary>The run on a terminal, drawn anew several times a second.</summary>
internal sealed class LiveView : IRunView
{
    /// <summary>So many lines of the screen are left for what is said when the view has ended: why, and a question or how to go on.</summary>
    private const int LastWords = 8;

    private static readonly TimeSpan _frameInterval = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan _askInterval = TimeSpan.FromSeconds(1);

    private readonly RunBoard _board;
    private readonly RunScreen _screen;
    private readonly RecordedRun _run;
    private readonly IAnsiConsole _ansi;
    private readonly SimulatorMail? _mail;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _drawing;
    private readonly Lock _gate = new();
    private int _isDisposed;
    private int _frame;

    /// <param name="plan">The plan of the run.</param>
    /// <param name="run">The run as its journal and its driver tell it: no node is asked for this view.</param>
    /// <param name="ansi">The terminal.</param>
    /// <param name="mail">Whom to ask how the mail flows, if somebody can be; disposed of with the view.</param>
    /// <param name="time">The clock.</param>
    public LiveView(UpgradePlan plan, RecordedRun run, IAnsiConsole ansi, SimulatorMail? mail, TimeProvider time)
    {
        _board = new RunBoard(plan);
        _screen = new RunScreen(_board, run.Id, new ReaderClock(time));
        (_run, _ansi, _mail, _time) = (run, ansi, mail, time);
        _drawing = Task.WhenAll(
            ansi.Live(Draw()).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Bottom).StartAsync(DrawLoopAsync),
            RepeatAsync(_askInterval, AskRunAsync),
            mail is null ? Task.CompletedTask : RepeatAsync(_askInterval, AskMailAsync));
    }

    public void Show(UpgradeEvent upgradeEvent)
    {
        lock (_gate)
        {
            _board.Apply(upgradeEvent);
        }
    }

    public void Notice(string text)
    {
        lock (_gate)
        {
            _board.Notice = text;
        }
    }

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
        _mail?.Dispose();
        _end.Dispose();
    }

    private Task DrawLoopAsync(LiveDisplayContext context) => RepeatAsync(_frameInterval, _ =>
    {
        _frame++;
        context.UpdateTarget(Draw());
        return Task.CompletedTask;
    });

    /// <summary>Does something now and then until the view ends.</summary>
    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> act)
    {
        using PeriodicTimer timer = new(interval, _time);
        try
        {
            do
            {
                await act(_end.Token).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(_end.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The view ends.
        }
    }

    private async Task AskRunAsync(CancellationToken cancellationToken)
    {
        try
        {
            UpgradeExplanation told = await _run.ExplainAsync(cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                _board.Tell(told);
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is: a view ends no run. What was told before stays, and grows old visibly.
        }
    }

    private async Task AskMailAsync(CancellationToken cancellationToken)
    {
        if (await _mail!.GetAsync(cancellationToken).ConfigureAwait(false) is not { } figures)
        {
            return;
        }

        lock (_gate)
        {
            _board.Mail.Tell(figures, _time.GetUtcNow());
        }
    }

    private ScreenLines Draw(int less = 0)
    {
        lock (_gate)
        {
            return new ScreenLines(_screen.Draw(_ansi.Profile.Width, _ansi.Profile.Height - less, _frame));
        }
    }
}
