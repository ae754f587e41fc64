using System.Net;
using System.Security.Cryptography;
using Ksmg.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ksmg.Cli.Runs;

/// <summary>The live page beside a run: on loopback, for whoever has the link that is printed. Where the run needs somebody, it waits for the page.</summary>
internal sealed class RunPage : IAsyncDisposable
{
    /// <summary>Pages look once a second: whoever has one open sees the end.</summary>
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(2);

    private readonly WebApplication _application;
    private readonly CliConsole _console;
    private readonly string _cluster;
    private readonly string _token;
    private volatile TaskCompletionSource? _wanted;

    private RunPage(CliHost host, CliConsole console, int port)
    {
        _console = console;
        _cluster = host.Cluster.Name;
        _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(console.Time);
        builder.Services.AddKsmgWeb(web =>
        {
            web.Show(_cluster, host.Orchestrator, host.Runs.Journal);
            web.Tokens.Add(new KsmgWebToken { Name = RunDriver.Me, Value = _token, Role = KsmgWebRole.Operator, Once = true });
            web.Continue = ContinueAsync;
        });
        _application = builder.Build();
        _application.MapKsmg();
    }

    /// <summary>Opens the page where it was asked for.</summary>
    /// <exception cref="CliException">The port is taken.</exception>
    public static async Task<RunPage?> OpenAsync(int? port, CliHost host, CliConsole console)
    {
        if (port is null)
        {
            return null;
        }

        RunPage page = new(host, console, port.Value);
        try
        {
            await page._application.StartAsync(console.End).ConfigureAwait(false);
            return page;
        }
        catch (IOException e)
        {
            await page._application.DisposeAsync().ConfigureAwait(false);
            throw new CliException(ExitCodes.Usage, Words.Get("page.port", port, e.Message), e);
        }
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
            output.SayCommand(page.LinkTo(run.Id));
            return await drive().ConfigureAwait(false);
        }
    }

    /// <summary>The link to the page of a run; it lets one browser in.</summary>
    private string LinkTo(string run)
    {
        string address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return $"{address}/ksmg/#once={_token}/{Uri.EscapeDataString(_cluster)}/{run}";
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

        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private Task ContinueAsync(UpgradeRun run, CancellationToken cancellationToken) =>
        _wanted is { } wanted && wanted.TrySetResult() ? Task.CompletedTask : throw new CommandRefusedException(Words.Get("page.driven"));

    /// <summary>Signals are the command's, not the page's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
