using System.Globalization;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What became of a case.</summary>
internal enum JUnitResult
{
    Passed,
    Skipped,
    Failure,
    Error,
}

/// <summary>A case of a suite.</summary>
/// <param name="Name">What was to be.</param>
/// <param name="Result">What became of it.</param>
/// <param name="Type">The same as a stable word.</param>
/// <param name="Text">What was seen.</param>
/// <param name="Took">How long it took.</param>
internal sealed record JUnitCase(string Name, JUnitResult Result, string Type, string? Text, TimeSpan Took = default);

/// <summary>JUnit XML as strict as its strictest readers want it.</summary>
/// <param name="writer">Where it is written.</param>
/// <param name="owner">What it is about.</param>
/// <param name="at">When that was begun.</param>
/// <param name="properties">What identifies it.</param>
internal sealed class JUnitXml(XmlWriter writer, string owner, DateTimeOffset at, params (string Name, string Value)[] properties)
{
    private int _next;

    /// <summary>A document of suites.</summary>
    public static string Render(Action<XmlWriter> write) => ReportXml.Write(isXml: true, writer =>
    {
        writer.Start("testsuites");
        write(writer);
        writer.WriteEndElement();
    });

    /// <summary>A suite.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="place">The part of the owner that it is about.</param>
    /// <param name="cases">Its cases.</param>
    /// <param name="said">What else is to be said.</param>
    public void Suite(string name, string place, JUnitCase[] cases, string[] said)
    {
        string Count(JUnitResult result) => cases.Count(c => c.Result == result).ToString(CultureInfo.InvariantCulture);

        writer.Start(
            "testsuite",
            ("id", (_next++).ToString(CultureInfo.InvariantCulture)),
            ("package", $"ksmg.{owner}"),
            ("name", name),
            ("hostname", place),
            ("timestamp", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)),
            ("tests", cases.Length.ToString(CultureInfo.InvariantCulture)),
            ("failures", Count(JUnitResult.Failure)),
            ("errors", Count(JUnitResult.Error)),
            ("skipped", Count(JUnitResult.Skipped)),
            ("time", ReportXml.Number(cases.Sum(c => c.Took.TotalSeconds))));
        writer.Start("properties");
        foreach ((string property, string value) in properties)
        {
            writer.Element("property", null, ("name", property), ("value", value));
        }

        writer.WriteEndElement();
        foreach (JUnitCase tested in cases)
        {
            writer.Start(
                "testcase",
                ("classname", $"ksmg.{owner}.{place}"),
                ("name", tested.Name),
                ("time", ReportXml.Number(tested.Took.TotalSeconds)));
            if (tested.Result != JUnitResult.Passed)
            {
                writer.Element(tested.Result.ToString().ToLowerInvariant(), null, ("type", tested.Type), ("message", tested.Text));
            }

            writer.WriteEndElement();
        }

        writer.WriteElementString("system-out", string.Join('\n', said.Select(ReportXml.Text)));
        writer.WriteElementString("system-err", string.Empty);
        writer.WriteEndElement();
    }
}
