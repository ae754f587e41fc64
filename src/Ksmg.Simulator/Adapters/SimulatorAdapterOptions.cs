using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The section of an adapter of kind <c>Simulator</c>.</summary>
internal sealed class SimulatorAdapterOptions
{
    /// <summary>The control URL of the simulator.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The configured files; none: all the simulator has.</summary>
    public IList<string> Paths { get; } = [];

    public static SectionShape<SimulatorAdapterOptions> Shape { get; } = Create();

    public static SectionShape<SimulatorAdapterOptions> ConfigurationShape { get; } = Create().Texts(nameof(Paths), o => o.Paths);

    /// <summary>Sender and recipient stand in the file for whoever puts a real probe in its place.</summary>
    public static SectionShape<SimulatorAdapterOptions> MailProbeShape { get; } = Create().Text("From", (_, _) => { }).Text("To", (_, _) => { });

    private static SectionShape<SimulatorAdapterOptions> Create() =>
        new SectionShape<SimulatorAdapterOptions>().Kind("Simulator").Address(nameof(Endpoint), (o, value) => o.Endpoint = value);
}
