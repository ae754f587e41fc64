namespace Ksmg.Samples.Worker;

/// <summary>What the service upgrades, and when.</summary>
internal sealed record WorkerOptions
{
    public string? Fleet { get; set; } // In place of the three below: the fleet that the service is a worker of.
    public string Cluster { get; set; } = "cluster.json";
    public string Package { get; set; } = "update.zip";
    public string Runs { get; set; } = "runs";
    public int? Page { get; set; } // Where the service waits for decisions; by default the page is at any port, and nobody is waited for.
    public DateTimeOffset? At { get; set; } // When it starts; at once by default.
    internal int ExitCode { get; set; } = 2; // What the process ends with: 2, not over, until something has come to its end.
}

/// <summary>Waits for its time, resumes the run that is active or starts one, and ends the host with it.</summary>
internal sealed partial class UpgradeService(
    RollingUpgradeOrchestrator orchestrator, WorkerOptions options, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<UpgradeService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // The page is opened first: a host that is stopped while it starts fails.
            using CancellationTokenSource begun = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, stoppingToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, begun.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LogWaiting(options.At ?? time.GetUtcNow());
            while (options.At - time.GetUtcNow() is { } left && left > TimeSpan.Zero)
            {
                // In small pieces: a timer reaches seven weeks only, and the clock may be set meanwhile.
                await Task.Delay(left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), time, stoppingToken);
            }

            UpgradeReport? report = await GetRunAsync(stoppingToken) is { } run ? await DriveAsync(run, stoppingToken) : null;
            options.ExitCode = report?.End switch
            {
                null or UpgradeEnd.Completed => 0,
                UpgradeEnd.Paused or UpgradeEnd.Running => 2,
                UpgradeEnd.NeedsHuman or UpgradeEnd.CompletedWithExceptions => 3,
                UpgradeEnd.CompletedWithProblems => 6,
                UpgradeEnd.RolledBack => 7,
                _ => 4,
            };
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // A refusal is for people; what nobody expected may pass with a restart.
            LogRefused(e.Message);
            options.ExitCode = e is KsmgException ? 5 : 1;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    /// <summary>The run that a former process left, or a new one; <see langword="null"/> when there is nothing to do.</summary>
    private async Task<UpgradeRun?> GetRunAsync(CancellationToken stoppingToken)
    {
        if ((await orchestrator.ListRunsAsync(stoppingToken)).LastOrDefault(run => run.End is null) is { } active)
        {
            return await orchestrator.ResumeAsync(active.RunId, options.Package, stoppingToken);
        }

        await using UpdatePackage package = await UpdatePackage.OpenAsync(options.Package, cancellationToken: stoppingToken);
        UpgradePlan plan = await orchestrator.PlanAsync(package, cancellationToken: stoppingToken);
        LogPlan(plan.ToText());
        return plan is { IsNothingToDo: true, IsRefused: false } ? null : await orchestrator.StartAsync(plan, stoppingToken);
    }

    private async Task<UpgradeReport> DriveAsync(UpgradeRun run, CancellationToken stoppingToken)
    {
        // A stopping host starts no new effect and gives the lease back; the next start of the service goes on.
        await using CancellationTokenRegistration stop = stoppingToken.Register(() => _ = run.StopAsync(CancellationToken.None));
        UpgradeReport report = await run.WaitAsync(CancellationToken.None);
        LogEnd(run.Id, report.End, report.Reason);
        while (options.Page is not null && report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman
            && (await run.WaitForDecisionAsync(stoppingToken)).Count > 0)
        {
            await run.ContinueAsync(stoppingToken);
            report = await run.WaitAsync(CancellationToken.None);
            LogEnd(run.Id, report.End, report.Reason);
        }

        return report;
    }

    [LoggerMessage(1, LogLevel.Information, "The upgrade begins at {At}.")] private partial void LogWaiting(DateTimeOffset at);
    [LoggerMessage(2, LogLevel.Information, "{Plan}")] private partial void LogPlan(string plan);
    [LoggerMessage(3, LogLevel.Information, "Run {Run} is {End}: {Reason}")] private partial void LogEnd(string run, UpgradeEnd end, string reason);
    [LoggerMessage(4, LogLevel.Error, "{Reason}")] private partial void LogRefused(string reason);
}
