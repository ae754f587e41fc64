namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent by SMTP and looked for in a Maildir on this machine.</summary>
public sealed class SmtpMaildirOptions : SmtpProbeOptions
{
    /// <summary>The folder that holds <c>new</c> and <c>cur</c>, from <see cref="KsmgOptions.BasePath"/> where it is relative. No default.</summary>
    public string Maildir { get; set; } = string.Empty;

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<SmtpMaildirOptions> Shape { get; } = ShapeOf<SmtpMaildirOptions>("SmtpMaildir")
        .Text(nameof(Maildir), (o, value) => o.Maildir = value);

    internal override void Anchor(KsmgOptions cluster)
    {
        base.Anchor(cluster);
        Maildir = cluster.PathOf(Maildir)!;
    }
}
