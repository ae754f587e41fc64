using System.CommandLine;
using Ksmg.Sdk.Fleet;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Cli.Fleet;

/// <summary>A fleet as its file says, with everything that this program brings.</summary>
internal sealed class FleetHost : IAsyncDisposable
{
    private FleetHost(FleetFile file, KsmgFleet fleet, string repeat)
    {
        File = file;
        Fleet = fleet;
        Repeat = repeat;
    }

    public FleetFile File { get; }

    public KsmgFleet Fleet { get; }

    /// <summary>What a person pastes behind a command to reach the same fleet again.</summary>
    public string Repeat { get; }

    /// <summary>What leads a command about a run to the folder in which the fleet keeps it; <see langword="null"/>: it keeps it elsewhere.</summary>
    public string? RunsAgain => File.Options.Store.Kind == FleetStoreKind.Files ? $" --runs {ShellWord.QuotePath(File.Options.Store.Path)}" : null;

    /// <summary>Does the work of a command with the fleet that its options describe.</summary>
    public static async Task<int> UseAsync(
        ParseResult result, Option<string> option, CommonOptions common, CliConsole console, Func<FleetHost, Output, Task<int>> work)
    {
        Output output = common.Output(result, console);
        string path = result.GetRequiredValue(option);
        FleetFile file = Load(path);
        string repeat = result.GetResult(option) is { Implicit: false } ? $" -f {ShellWord.QuotePath(path)}" : string.Empty;
        FleetHost host = new(file, Open(file, console.Time), repeat);
        await using (host.ConfigureAwait(false))
        {
            return await work(host, output).ConfigureAwait(false);
        }
    }

    /// <exception cref="CliException">The file is missing or cannot be understood.</exception>
    public static FleetFile Load(string path)
    {
        try
        {
            return FleetFile.Load(Path.GetFullPath(path));
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
        {
            throw new CliException(ExitCodes.Usage, e.Message, e);
        }
        catch (OptionsValidationException e)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.configuration-at", path, string.Join(' ', e.Failures)), e);
        }
    }

    /// <summary>The fleet with the adapters and dialects that this program brings.</summary>
    public static KsmgFleet Open(FleetFile file, TimeProvider time) => KsmgFleet.Create(file, new KsmgFleetOptions { Configure = Configure }, time: time);

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

    private static void Configure(KsmgBuilder builder) => builder.AddDialects().AddSimulatorAdapters();
}
