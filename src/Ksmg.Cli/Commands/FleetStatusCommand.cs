using System.CommandLine;
using Ksmg.Cli.Fleet;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Fleet;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet status</c>: where a fleet stands; of its clusters those that are asked for, or those in work and those that need people.</summary>
internal static class FleetStatusCommand
{
    public static Command Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        FleetFilter filter = new();
        Option<bool> watch = new("--watch", "-w") { Description = Words.Get("option.fleet-watch") };
        PageOption page = new(Words.Get("option.fleet-page"));
        Command command = new("status", Words.Get("command.fleet-status"));
        filter.AddTo(command);
        command.Add(watch);
        page.AddTo(command);
        command.SetAction(result => FleetHost.UseAsync(result, file, common, console, async (host, output) =>
        {
            FleetRun run = await host.FindAsync(console.End).ConfigureAwait(false);
            if (page.PortOf(result) is { } port)
            {
                return await ShowAsync(port, run, host, output, console).ConfigureAwait(false);
            }

            FleetReport report = result.GetValue(watch)
                ? await new FleetWatch(run, output, console).ShowAsync(_ => Task.CompletedTask).ConfigureAwait(false)
                : await run.GetReportAsync(console.End).ConfigureAwait(false);
            bool isAsked = filter.IsGiven(result);
            IReadOnlyList<FleetClusterReport> chosen = filter.Choose(result, report);
            if (output.IsJson)
            {
                output.JsonDocument((report with { Clusters = chosen }).ToJson());
                return ExitCodes.Done;
            }

            output.Say(Words.Get("fleet.title", report.Name, report.From, report.To, report.FleetId));
            FleetLines.SayStanding(isAsked ? report with { Clusters = [] } : report, host, output);
            output.SayZone();
            foreach (FleetClusterReport cluster in isAsked ? chosen : chosen.Where(c => c.Phase is ClusterPhase.Working or ClusterPhase.Leaving))
            {
                string holder = cluster.Holder is { } driver ? $" {Words.Get("run.driven-by", output.Clock.Say(driver))}" : string.Empty;
                output.SayWrapped(FleetLines.Cluster(cluster, output.Clock) + holder);
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>Shows the fleet on a page until somebody ends it.</summary>
    private static async Task<int> ShowAsync(int port, FleetRun run, FleetHost host, Output output, CliConsole console)
    {
        LoopbackPage page = await LoopbackPage.OpenAsync(
            port, console, _ => { }, services => services.AddSingleton(host.Fleet).AddKsmgWebFleet()).ConfigureAwait(false);
        await using (page.ConfigureAwait(false))
        {
            output.Say(Words.Get("fleet.page-link"));
            output.SayCommand(page.LinkTo("fleet/", run.Id));
            await console.End.WhenCancelled().ConfigureAwait(false);
        }

        return ExitCodes.Done;
    }
}
