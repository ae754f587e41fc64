namespace Ksmg.Cli.Runs;

/// <summary>The live page beside a run: on loopback, for whoever has the link that is printed. Where the run needs somebody, it waits for the page.</summary>
internal sealed class RunPage : IAsyncDisposable
{
    /// <summary>Pages look once a second: whoever has one open sees the end.</summary>
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(2);

    private readonly CliConsole _console;
    private readonly string _cluster;
    private LoopbackPage _page = null!;
    private volatile TaskCompletionSource? _wanted;

    private RunPage(CliHost host, CliConsole console) => (_console, _cluster) = (console, host.Cluster.Name);

    /// <summary>Opens the page where it was asked for.</summary>
    /// <exception cref="CliException">The port is taken.</exception>
    public static async Task<RunPage?> OpenAsync(int? port, CliHost host, CliConsole console)
    {
        if (port is null)
        {
            return null;
        }

        RunPage page = new(host, console);
        page._page = await LoopbackPage.OpenAsync(port.Value, console, web =>
        {
            web.Show(page._cluster, host.Orchestrator, host.Runs.Journal);
            web.Continue = page.ContinueAsync;
        }).ConfigureAwait(false);
        return page;
    }

    /// <summary>Drives a run beside its page, if there is one, whose link is said first.</summary>
    public static async Task<UpgradeReport> BesideAsync(RunPage? page, UpgradeRun run, Output output, Func<Task<UpgradeReport>> drive)
    {
        if (page is null)
        {
            return await drive().ConfigureAwait(false);
        }

        await using (page.ConfigureAwait(false))
        {
            output.Say(Words.Get("page.link"));
            output.SayCommand(page._page.LinkTo(string.Empty, page._cluster, run.Id));
            return await drive().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits until somebody has decided, or wants the run to be driven again; <see langword="false"/>: a signal ended the waiting, or the
    /// approval has expired.
    /// </summary>
    public async Task<bool> WaitAsync(UpgradeRun run)
    {
        TaskCompletionSource wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(_console.End);
        _wanted = wanted;
        Task<IReadOnlyList<HumanDecision>> decided = run.WaitForDecisionAsync(end.Token);
        await Task.WhenAny(decided, wanted.Task).ConfigureAwait(false);
        _wanted = null;
        await end.CancelAsync().ConfigureAwait(false);
        await ((Task)decided).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool isExpired = decided.IsCompletedSuccessfully && (await decided.ConfigureAwait(false)).Count == 0;
        return !_console.End.IsCancellationRequested && (wanted.Task.IsCompleted || !isExpired);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_console.End.IsCancellationRequested)
        {
            await Task.Delay(_farewell, _console.Time).ConfigureAwait(false);
        }

        await _page.DisposeAsync().ConfigureAwait(false);
    }

    private Task ContinueAsync(UpgradeRun run, CancellationToken cancellationToken) =>
        _wanted is { } wanted && wanted.TrySetResult() ? Task.CompletedTask : throw new CommandRefusedException(Words.Get("page.driven"));
}
