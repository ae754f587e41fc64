using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Ksmg.Simulator;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg simulate</c>: a simulated cluster that runs until it is stopped.</summary>
internal static class SimulateCommand
{
    private const int MostNodes = 50;

    /// <summary>Small, since it goes to every node of every cluster.</summary>
    private const long FleetPackageBytes = 1 << 20;

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<int> nodes = new("--nodes") { Description = Words.Get("option.nodes"), DefaultValueFactory = _ => 3 };
        Option<int> clusters = new("--clusters") { Description = Words.Get("option.clusters"), HelpName = "N" };
        Option<int> port = new("--port") { Description = Words.Get("option.port"), HelpName = "BASE", DefaultValueFactory = _ => 0 };
        Option<string> folder = new("--out")
        {
            Description = Words.Get("option.out"),
            HelpName = "DIR",
            DefaultValueFactory = _ => "simulation",
        };
        Option<int> seed = new("--seed") { Description = Words.Get("option.seed"), DefaultValueFactory = _ => 1 };
        Option<double> speed = new("--speed")
        {
            Description = Words.Get("option.speed"),
            HelpName = "X",
            DefaultValueFactory = _ => 1,
            CustomParser = ParseSpeed,
        };
        Option<string?> faults = new("--faults") { Description = Words.Get("option.faults"), HelpName = "FILE" };
        Option<bool> foreign = new("--foreign") { Description = Words.Get("option.foreign") };
        nodes.Between(1, MostNodes);
        clusters.Between(1, 500);
        port.Between(0, 60_000);
        speed.Between(0.01, 1000);
        Command command = new("simulate", Words.Get("command.simulate"));
        foreach (Option option in (Option[])[nodes, clusters, port, folder, seed, speed, faults, foreign])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(clusters) is null)
            {
                return;
            }

            foreach (Option alone in (Option[])[port, faults])
            {
                if (result.GetResult(alone) is { Implicit: false })
                {
                    result.AddError(Words.Get("usage.not-together", clusters.Name, alone.Name));
                }
            }

            if (result.GetValue(nodes) == 1)
            {
                result.AddError(Words.Get("usage.range", nodes.Name, 2, MostNodes));
            }
        });
        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            string directory = Path.GetFullPath(result.GetRequiredValue(folder));
            var options = new SimulatedClusterOptions
            {
                Nodes = result.GetValue(nodes),
                BasePort = result.GetValue(port),
                Seed = result.GetValue(seed),
                Speed = result.GetValue(speed),
                Foreign = result.GetValue(foreign),
            };
            await (result.GetResult(clusters) is null
                ? RunAsync(options, directory, result.GetValue(faults), output, console)
                : RunFleetAsync(result.GetValue(clusters), options, directory, output, console)).ConfigureAwait(false);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task RunAsync(SimulatedClusterOptions options, string directory, string? faults, Output output, CliConsole console)
    {
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(options, cancellationToken: console.End).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            if (faults is not null)
            {
                await ArmAsync(cluster.ControlUrl!, faults, console.End).ConfigureAwait(false);
            }

            await cluster.WriteFilesAsync(directory, console.End).ConfigureAwait(false);
            output.Ready(new
            {
                control = cluster.ControlUrl,
                cluster = Path.Combine(directory, "cluster.json"),
                package = Path.Combine(directory, "update.zip"),
                nodes = cluster.Nodes.Select(node => new { name = node.Name, url = node.Url, pages = node.Pages, smtp = node.Smtp }),
            });
            await console.End.WhenCancelled().ConfigureAwait(false);
        }
    }

    private static async Task RunFleetAsync(int clusters, SimulatedClusterOptions each, string directory, Output output, CliConsole console)
    {
        SimulatedFleet fleet = await SimulatedFleet.StartAsync(
            new SimulatedFleetOptions
            {
                Clusters = clusters,
                FewestNodes = each.Nodes,
                MostNodes = each.Nodes,
                Seed = each.Seed,
                Cluster = each with { PackageBytes = FleetPackageBytes },
            },
            cancellationToken: console.End).ConfigureAwait(false);
        await using (fleet.ConfigureAwait(false))
        {
            await fleet.WriteFilesAsync(directory, console.End).ConfigureAwait(false);
            output.Ready(new
            {
                fleet = Path.Combine(directory, "fleet.json"),
                package = Path.Combine(directory, "update.zip"),
                clusters = fleet.Members.Select(member => new
                {
                    name = member.Name,
                    control = member.Cluster.ControlUrl,
                    cluster = Path.Combine(directory, member.Name, "cluster.json"),
                }),
            });
            await console.End.WhenCancelled().ConfigureAwait(false);
        }
    }

    /// <summary>A file of faults means what the same JSON means on the control URL.</summary>
    private static async Task ArmAsync(Uri control, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.no-faults", path));
        }

        using HttpClient http = new();
        using StringContent faults = new(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false), Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri(control, "/faults"), faults, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
        {
            throw new CliException(
                ExitCodes.Usage, Words.Get("usage.faults", path, await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)));
        }
    }

    /// <summary>A decimal point is one everywhere; what is no number lies between nothing.</summary>
    private static double ParseSpeed(ArgumentResult argument) =>
        double.TryParse(argument.Tokens.Single().Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double speed) ? speed : double.NaN;
}
