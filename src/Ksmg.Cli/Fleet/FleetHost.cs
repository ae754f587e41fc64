using System.CommandLine;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Fleet;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Cli.Fleet;

/// <summary>A fleet as its file says, with everything that this program brings.</summary>
internal sealed class FleetHost : IAsyncDisposable
{
    private FleetHost(string path, string repeat, TimeProvider time)
    {
        File = Load(path);
        Fleet = Create(File, time);
        Repeat = repeat;
        RunsAgain = $" --fleet {ShellWord.QuotePath(path)}";
    }

    public FleetFile File { get; }

    public KsmgFleet Fleet { get; }

    /// <summary>What a person pastes behind a command to reach the same fleet again.</summary>
    public string Repeat { get; }

    /// <summary>What a person pastes behind a command about a run, wherever the fleet keeps it.</summary>
    public string RunsAgain { get; }

    /// <summary>The runs of its clusters.</summary>
    public RunsFolder Runs => new(Fleet.Runs, File.Path, null) { IsOfFleet = true };

    /// <summary>Does the work of a command with the fleet that its options describe.</summary>
    public static async Task<int> UseAsync(
        ParseResult result, Option<string> option, CommonOptions common, CliConsole console, Func<FleetHost, Output, Task<int>> work)
    {
        Output output = common.Output(result, console);
        string path = result.GetRequiredValue(option);
        FleetHost host = new(path, result.GetResult(option) is { Implicit: false } ? $" -f {ShellWord.QuotePath(path)}" : string.Empty, console.Time);
        await using (host.ConfigureAwait(false))
        {
            return await work(host, output).ConfigureAwait(false);
        }
    }

    /// <summary>The fleet whose runs are meant.</summary>
    /// <exception cref="CliException">The file is missing or cannot be understood.</exception>
    public static FleetHost Open(string path, CliConsole console) => new(path, $" -f {ShellWord.QuotePath(path)}", console.Time);

    /// <exception cref="CliException">The file is missing or cannot be understood.</exception>
    public static FleetFile Load(string path)
    {
        try
        {
            return FleetFile.Load(Path.GetFullPath(path));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, e.Message, e);
        }
        catch (OptionsValidationException e)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.configuration-at", path, string.Join(' ', e.Failures)), e);
        }
    }

    /// <exception cref="CliException">A cluster cannot be made as its file says.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await File.CheckAsync(Configure, cancellationToken).ConfigureAwait(false);
        }
        catch (OptionsValidationException e)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.configuration-at", File.Path, string.Join(' ', e.Failures)), e);
        }
    }

    /// <summary>The newest fleet of that name.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public async Task<FleetRun> FindAsync(CancellationToken cancellationToken) => await Fleet.FindAsync(cancellationToken).ConfigureAwait(false)
        ?? throw new CliException(ExitCodes.Usage, Words.Get("fleet.none", File.Name, File.Path));

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    /// <summary>The fleet with the adapters and dialects that this program brings.</summary>
    private static KsmgFleet Create(FleetFile file, TimeProvider time)
    {
        try
        {
            return KsmgFleet.Create(file, new KsmgFleetOptions { Configure = Configure }, time: time);
        }
        catch (InvalidDataException e)
        {
            throw new CliException(ExitCodes.Usage, e.Message, e);
        }
    }

    private static void Configure(KsmgBuilder builder) => builder.AddDialects().AddSimulatorAdapters();
}
