using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Ksmg.Simulator;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg simulate</c>: a simulated cluster that runs until it is stopped.</summary>
internal static class SimulateCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<int> nodes = new("--nodes") { Description = Words.Get("option.nodes"), DefaultValueFactory = _ => 3 };
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
        nodes.Between(1, 50);
        port.Between(0, 60_000);
        speed.Between(0.01, 1000);
        Command command = new("simulate", Words.Get("command.simulate"));
        foreach (Option option in (Option[])[nodes, port, folder, seed, speed, faults, foreign])
        {
            command.Add(option);
        }

        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            string directory = Path.GetFullPath(result.GetRequiredValue(folder));
            SimulatedCluster cluster = await SimulatedCluster.StartAsync(
                new SimulatedClusterOptions
                {
                    Nodes = result.GetValue(nodes),
                    BasePort = result.GetValue(port),
                    Seed = result.GetValue(seed),
                    Speed = result.GetValue(speed),
                    Foreign = result.GetValue(foreign),
                },
                cancellationToken: console.End).ConfigureAwait(false);
            await using (cluster.ConfigureAwait(false))
            {
                if (result.GetValue(faults) is { } path)
                {
                    await ArmAsync(cluster.ControlUrl!, path, console.End).ConfigureAwait(false);
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
                return ExitCodes.Done;
            }
        });
        return command;
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
