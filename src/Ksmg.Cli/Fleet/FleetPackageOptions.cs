using System.CommandLine;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>What <c>fleet plan</c> and <c>fleet start</c> have in common: the package.</summary>
internal sealed class FleetPackageOptions
{
    private readonly Option<string> _package = new("--package", "-p") { Description = Words.Get("option.package"), HelpName = "PATH", Required = true };
    private readonly PackageOptions _options = new();

    public void AddTo(Command command)
    {
        command.Add(_package);
        _options.AddTo(command);
    }

    /// <summary>Reads the package and every file of the fleet as a whole, and makes the plan. No node is asked.</summary>
    public async Task<FleetPlan> PlanAsync(ParseResult result, FleetHost host, Output output, CliConsole console)
    {
        await host.CheckAsync(console.End).ConfigureAwait(false);
        UpdatePackage package = await UpdatePackage.OpenAsync(result.GetRequiredValue(_package), _options.Read(result), console.End).ConfigureAwait(false);
        await using (package.ConfigureAwait(false))
        {
            await output.ProgressAsync(
                Words.Get("package.reading-whole"),
                package.Files.Sum(f => f.SizeBytes),
                progress => package.VerifyAsync(progress, console.End)).ConfigureAwait(false);
            foreach (string warning in package.Warnings)
            {
                output.Complain(Words.Get("package.warning", warning));
            }

            return await host.Fleet.PlanAsync(package, console.End).ConfigureAwait(false);
        }
    }

    /// <summary>The plan in words, with what the files of the clusters say beside it.</summary>
    public static void Say(FleetSchedule schedule, FleetFile file, Output output)
    {
        output.SayText(schedule.ToText());
        int pausing = file.Clusters.Count(c => c.Policy.PauseAfter != PausePoint.None && c.Owner.Nodes.Count > 1);
        if (pausing > 0)
        {
            output.Say(Words.Get("fleet.pausing-clusters", pausing));
        }
    }
}
