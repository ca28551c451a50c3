"""Invented invoices as the files they come in: XML of 数电发票, the older XML, OFD and PDF."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from xml.sax.saxutils import escape

SERVICE = "*研发和技术服务*质谱分析费"
MEAL = "*餐饮服务*餐费"


@dataclass(frozen=True)
class Line:
    """One line, in fen."""

    name: str = SERVICE
    amount_fen: int = 9_433_962
    tax_fen: int = 566_038


@dataclass(frozen=True)
class Paper:
    """What an invented invoice says: CNY 100,000.00 with tax at 6%, unless told otherwise."""

    number: str = "26370000000000000001"
    seller_uscc: str = "12370000MA00000000"
    buyer_uscc: str = "91371700MA00000000"
    seller_name: str = "某研究院"
    buyer_name: str = "某公司"
    issued_on: date = date(2026, 3, 2)
    lines: Sequence[Line] = field(default_factory=lambda: (Line(),))
    remark: str = ""
    label: str = "01"

    @property
    def amount_fen(self) -> int:
        """Without tax."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def tax_fen(self) -> int:
        """The tax."""
        return sum(line.tax_fen for line in self.lines)

    def red(self, number: str, *, remark: str | None = None) -> Paper:
        """The credit invoice that takes this one back."""
        lines = [Line(line.name, -line.amount_fen, -line.tax_fen) for line in self.lines]
        said = f"被红冲蓝字数电发票号码：{self.number} 红字发票信息确认单编号：3700002603000000001"
        return replace(self, number=number, lines=lines, remark=said if remark is None else remark)


def yuan(fen: int) -> str:
    """A sum as invoices write it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def xml_of(paper: Paper, **instead: str) -> bytes:
    """The XML of 数电发票; ``instead`` replaces the text of elements by name ("" leaves the element empty)."""
    lines = "".join(
        f"<IssuItemInformation><ItemName>{escape(line.name)}</ItemName><SpecMod>HR-MS</SpecMod><MeaUnits>次</MeaUnits>"
        f"<Quantity>1</Quantity><UnPrice>{yuan(line.amount_fen)}</UnPrice><Amount>{yuan(line.amount_fen)}</Amount>"
        f"<TaxRate>0.060000</TaxRate><ComTaxAm>{yuan(line.tax_fen)}</ComTaxAm></IssuItemInformation>"
        for line in paper.lines
    )
    said = {
        "EIid": paper.number,
        "LabelCode": paper.label,
        "SellerIdNum": paper.seller_uscc,
        "SellerName": paper.seller_name,
        "BuyerIdNum": paper.buyer_uscc,
        "BuyerName": paper.buyer_name,
        "TotalAmWithoutTax": yuan(paper.amount_fen),
        "TotalTaxAm": yuan(paper.tax_fen),
        "TotalTax-includedAmount": yuan(paper.amount_fen + paper.tax_fen),
        "Remark": paper.remark,
        "InvoiceNumber": paper.number,
        "IssueTime": paper.issued_on.isoformat(),
        **instead,
    }
    part = {name: f"<{name}>{escape(text)}</{name}>" for name, text in said.items()}
    return (
        '<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header>'
        f"{part['EIid']}<InherentLabel><GeneralOrSpecialVAT>{part['LabelCode']}</GeneralOrSpecialVAT></InherentLabel>"
        f"</Header><EInvoiceData><SellerInformation>{part['SellerIdNum']}{part['SellerName']}</SellerInformation>"
        f"<BuyerInformation>{part['BuyerIdNum']}{part['BuyerName']}</BuyerInformation><BasicInformation>"
        f"{part['TotalAmWithoutTax']}{part['TotalTaxAm']}{part['TotalTax-includedAmount']}</BasicInformation>{lines}"
        f"<AdditionalInformation>{part['Remark']}</AdditionalInformation></EInvoiceData><TaxSupervisionInfo>"
        f"{part['InvoiceNumber']}{part['IssueTime']}</TaxSupervisionInfo></EInvoice>"
    ).encode()


OLD_CODE, OLD_NUMBER = "037001900111", "00012345"


def old_xml_of(paper: Paper) -> bytes:
    """The older XML that OFD invoices carry."""
    goods = "".join(
        f"<fp:GoodsInfo><fp:Item>{line.name}</fp:Item><fp:Amount>{yuan(line.amount_fen)}</fp:Amount>"
        f"<fp:TaxScheme>6%</fp:TaxScheme><fp:TaxAmount>{yuan(line.tax_fen)}</fp:TaxAmount></fp:GoodsInfo>"
        for line in paper.lines
    )
    day = f"{paper.issued_on:%Y年%m月%d日}"
    return (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><eInvoice xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019">'
        f"<fp:InvoiceCode>{OLD_CODE}</fp:InvoiceCode><fp:InvoiceNo>{OLD_NUMBER}</fp:InvoiceNo>"
        f"<fp:IssueDate>{day}</fp:IssueDate><fp:Buyer><fp:BuyerName>{paper.buyer_name}</fp:BuyerName>"
        f"<fp:BuyerTaxID>{paper.buyer_uscc}</fp:BuyerTaxID></fp:Buyer><fp:Seller>"
        f"<fp:SellerName>{paper.seller_name}</fp:SellerName><fp:SellerTaxID>{paper.seller_uscc}</fp:SellerTaxID>"
        f"</fp:Seller><fp:TaxInclusiveTotalAmount>{yuan(paper.amount_fen + paper.tax_fen)}"
        f"</fp:TaxInclusiveTotalAmount><fp:Note>{paper.remark}</fp:Note><fp:TaxTotalAmount>{yuan(paper.tax_fen)}"
        f"</fp:TaxTotalAmount><fp:TaxExclusiveTotalAmount>{yuan(paper.amount_fen)}</fp:TaxExclusiveTotalAmount>"
        f"<fp:GoodsInfos>{goods}</fp:GoodsInfos></eInvoice>"
    ).encode()


def ofd_of(paper: Paper, *, attached: bool = True, stated: bool = True, **said: str) -> bytes:
    """An OFD with the older XML attached, or with the data of its directory alone; ``said`` replaces such data."""
    data = {
        "发票代码": OLD_CODE,
        "发票号码": OLD_NUMBER,
        "开票日期": f"{paper.issued_on:%Y年%m月%d日}",
        "购买方名称": paper.buyer_name,
        "购买方纳税人识别号": paper.buyer_uscc,
        "销售方名称": paper.seller_name,
        "销售方纳税人识别号": paper.seller_uscc,
        "价税合计": yuan(paper.amount_fen + paper.tax_fen),
        "合计金额": yuan(paper.amount_fen),
        **said,
    }
    listed = "".join(f'<ofd:CustomData Name="{name}">{text}</ofd:CustomData>' for name, text in data.items())
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    body = f"<ofd:CustomDatas>{listed if stated else ''}</ofd:CustomDatas><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
    entries = {
        "OFD.xml": f"<ofd:OFD {space}><ofd:DocBody>{body}</ofd:DocBody></ofd:OFD>".encode(),
        "Doc_0/Document.xml": (
            f"<ofd:Document {space}><ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments></ofd:Document>"
        ).encode(),
    }
    if attached:
        files = "<ofd:Attachment><ofd:FileLoc>original_invoice.xml</ofd:FileLoc></ofd:Attachment>"
        entries["Doc_0/Attachs/Attachments.xml"] = f"<ofd:Attachments {space}>{files}</ofd:Attachments>".encode()
        entries["Doc_0/Attachs/original_invoice.xml"] = old_xml_of(paper)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, entry in entries.items():
            made.writestr(zipfile.ZipInfo(name), entry, compress_type=zipfile.ZIP_DEFLATED)
    return content.getvalue()


def pdf_of(attached: bytes, *, packed: bool = True) -> bytes:
    """A PDF that carries a file."""
    raw = zlib.compress(attached) if packed else attached
    how = b"/Filter /FlateDecode " if packed else b""
    head = b"<< /Type /EmbeddedFile " + how + b"/Length " + str(len(raw)).encode() + b" >>"
    return b"%PDF-1.7\n1 0 obj\n" + head + b"\nstream\n" + raw + b"\nendstream\nendobj\n%%EOF\n"
