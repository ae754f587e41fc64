using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk.Tests.Unit;

public class PackagesCrc32Tests
{
    [Fact]
    public void The_check_value_of_the_standard_holds() =>
        Assert.Equal(0xCBF43926u, Crc32.Append(0, Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void Any_bytes_in_any_pieces_give_what_the_definition_gives() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>().Filter(seed => seed != 0),
            Gen.Choose(0, 5000).ToArbitrary(),
            Gen.Choose(0, 5000).ToArbitrary(),
            (seed, length, cut) =>
            {
                byte[] bytes = Support.PackageFolder.Bytes(length, seed);
                cut = Math.Min(cut, length);
                return Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)) == ByDefinition(bytes);
            }).QuickCheckThrowOnFailure();

    private static uint ByDefinition(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
